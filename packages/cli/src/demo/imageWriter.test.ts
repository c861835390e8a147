import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { completedView } from '../testing/views.js';
import { feltPause, findMoved, verdictLine } from './findings.js';
import { ImageWriter } from './imageWriter.js';
import { contentOf, STRIPE_BYTES } from './writeRecord.js';

const IMAGE_BYTES = 16 * STRIPE_BYTES;

/** The write path of one agent over a buffer; `answer` may refuse. */
class FakeWrites {
  readonly image = Buffer.alloc(IMAGE_BYTES);
  answer: () => { status: number; body: string } | undefined = () => undefined;
  writes = 0;
  readonly #server: Server = createServer((request, response) => this.#put(request, response));

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get imageUrl(): string {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? `http://127.0.0.1:${address.port}/v1/images/disk` : '';
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #put(request: IncomingMessage, response: ServerResponse): void {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      const refusal = this.answer();
      if (refusal !== undefined) {
        response.writeHead(refusal.status).end(refusal.body);
        return;
      }
      this.writes += 1;
      Buffer.concat(pieces).copy(this.image, Number(new URL(request.url ?? '', 'http://x').searchParams.get('offset')));
      response.writeHead(204).end();
    });
  }
}

let source: FakeWrites;
let destination: FakeWrites;
beforeEach(async () => {
  source = new FakeWrites();
  destination = new FakeWrites();
  await Promise.all([source.listen(), destination.listen()]);
});
afterEach(async () => {
  await Promise.all([source.close(), destination.close()]);
});

function writerOf(index: number): ImageWriter {
  return new ImageWriter({ index, writers: 4, imageBytes: IMAGE_BYTES, imageUrl: source.imageUrl, pauseMs: 0 });
}

describe('a writer', () => {
  it('follows the image when it moves, with the write that was refused', async () => {
    const stop = new AbortController();
    const notYet = { status: 409, body: JSON.stringify({ code: 'E_NOT_OWNER', message: 'not yet' }) };
    const moved = { code: 'E_MOVED', message: 'moved', location: destination.imageUrl };
    let refusals = 0;
    source.answer = () => (source.writes < 10 ? undefined : { status: 421, body: JSON.stringify(moved) });
    destination.answer = () => (refusals++ < 3 ? notYet : void (destination.writes === 9 && stop.abort()));
    const writer = writerOf(1);
    await writer.run(stop.signal);
    expect(writer.records.map((record) => record.afterSwitch)).toEqual([
      ...Array.from({ length: 10 }, () => false),
      ...Array.from({ length: 10 }, () => true),
    ]);
    const last = writer.records.at(-1);
    const written = destination.image.subarray(last?.offset, (last?.offset ?? 0) + (last?.length ?? 0));
    expect(written.equals(contentOf(last?.seed ?? 0, last?.length ?? 0))).toBe(true);
    expect(feltPause([writer]).pauseMs).toBe(writer.crossing?.totalMs);
    expect(findMoved([writer], completedView()).proven).toBe(true);
    expect(verdictLine([findMoved([writer], completedView())], { pauseMs: 43, atSourceMs: 40, medianMs: 1 })).toMatch(
      /^VERDICT: PROVEN .* waited 43ms$/,
    );
  });

  it('keeps to its own stripes and never crosses one', async () => {
    const stop = new AbortController();
    source.answer = () => void (source.writes === 199 && stop.abort());
    const writer = writerOf(3);
    await writer.run(stop.signal);
    expect(writer.records).toHaveLength(200);
    for (const { offset, length } of writer.records) {
      expect(Math.floor(offset / STRIPE_BYTES) % 4).toBe(3);
      expect(Math.floor((offset + length - 1) / STRIPE_BYTES)).toBe(Math.floor(offset / STRIPE_BYTES));
      expect(offset + length).toBeLessThanOrEqual(IMAGE_BYTES);
    }
    expect(findMoved([writer], completedView())).toEqual({
      proven: false,
      text: '1 writer never wrote at the destination',
    });
  });

  it('ends with what a write was refused with', async () => {
    source.answer = () => ({ status: 409, body: JSON.stringify({ code: 'E_COLD', message: 'is being moved cold' }) });
    await expect(writerOf(0).run(new AbortController().signal)).rejects.toMatchObject({ code: 'E_COLD' });
  });
});
