import { once } from 'node:events';
import { fstatSync } from 'node:fs';
import { GodwitError } from '@godwit/errors';
import { hasNative } from '@godwit/native';
import { encodeFrame, type FrameHeaders } from '@godwit/protocol';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { FrameSocketOptions } from './frameSocket.js';
import { heldDescriptorOf } from './heldDescriptor.js';
import { hear, isPending, type PolledPair, polledPair, write } from './testing/polledPair.js';
import { openPlace, type Place, until } from './testing/wire.js';

const MEBIBYTE = 1024 * 1024;
let place: Place;
beforeAll(async () => {
  place = await openPlace();
});
afterAll(() => place.close());
const open: PolledPair[] = [];
afterEach(() => {
  for (const { socket, held, peer } of open.splice(0)) {
    socket.destroy();
    held.release();
    peer.destroy();
  }
});

async function pair(options: Partial<FrameSocketOptions> = {}): Promise<PolledPair> {
  const made = await polledPair(place, options);
  open.push(made);
  return made;
}

function extent(seq: number, rawBytes: number): FrameHeaders['Extent'] {
  return { seq, round: 1, image: 0, offset: 0, rawBytes, encoding: 1, hashLow: 0, hashHigh: 0 };
}

/** An Extent of so many bytes, an Ack for 0. */
function bytesOf(seq: number, length: number): Buffer {
  if (length === 0) return encodeFrame('Ack', { seq });
  return Buffer.concat([encodeFrame('Extent', extent(seq, length), length), Buffer.alloc(length, seq + 1)]);
}

function expectFrames(heard: PolledPair['heard'], lengths: readonly number[]): void {
  expect(heard.frames.map(({ header }) => header)).toEqual(
    lengths.map((length, seq) => (length === 0 ? { seq } : extent(seq, length))),
  );
  for (const [seq, { payload }] of heard.frames.entries()) {
    expect(payload.equals(Buffer.alloc(lengths[seq] ?? 0, seq + 1)), `payload ${seq}`).toBe(true);
  }
}

/** Sends until the peer, who does not read, stops it; says for which frames `onFlushed` was called. */
function fill({ socket }: PolledPair): { flushed: number[]; sent: number } {
  const state = { flushed: [] as number[], sent: 0 };
  for (let more = true; more && state.sent < 64; state.sent++) {
    const seq = state.sent;
    more = socket.send('Extent', extent(seq, MEBIBYTE), Buffer.alloc(MEBIBYTE, seq + 1), () => state.flushed.push(seq));
  }
  return state;
}

/** Nobody goes on with a socket that is over. */
async function expectStill({ socket }: PolledPair): Promise<void> {
  const waits = [socket.drained(), socket.progress(), socket.breathe()];
  for (const wait of waits) expect(await isPending(wait)).toBe(true);
  expect([socket.isOver, socket.send('Ack', { seq: 9 })]).toEqual([true, true]);
}

const lengths = fc.array(
  fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 3000 }), fc.integer({ max: MEBIBYTE, min: 1 })),
  {
    minLength: 1,
    maxLength: 6,
  },
);

describe.runIf(hasNative)('a polled socket receives', () => {
  it('frames whole and in order, wherever they are cut', async () => {
    const cuts = fc.array(fc.nat(1000), { maxLength: 12 });
    const property = fc.asyncProperty(lengths, cuts, async (sizes, places) => {
      const { socket, heard, peer } = await pair();
      const stream = Buffer.concat(sizes.map((length, seq) => bytesOf(seq, length)));
      const ends = places.map((thousandths) => Math.floor((stream.length * thousandths) / 1000));
      let at = 0;
      for (const end of [...ends.sort((one, other) => one - other), stream.length]) {
        const written = write(peer, stream.subarray(at, end));
        for (let isDone = false; !isDone; ) {
          await socket.breathe();
          isDone = !(await isPending(written));
        }
        at = end;
      }
      while (heard.frames.length < sizes.length) await socket.progress();
      expectFrames(heard, sizes);
      expect(heard.ends).toEqual([]);
    });
    await fc.assert(property, { numRuns: 15 });
  });

  it('answers by `progress`, and acknowledges what it serves', async () => {
    const first = await pair();
    await write(first.peer, bytesOf(0, 0));
    await first.socket.progress();
    expect([first.heard.frames.length, first.heard.batches]).toEqual([1, 0]);
    const second = await pair();
    void second.socket.serve();
    second.peer.write(Buffer.concat([bytesOf(0, 2 * 1000), bytesOf(1, 0)]));
    await until('both frames', () => second.heard.batches > 0);
    expectFrames(second.heard, [2000, 0]);
    expect(second.heard.batches).toBeLessThanOrEqual(2);
  });

  it('ends a wait also by what another look took in, for nothing more may come', async () => {
    const { socket, heard, peer } = await pair();
    // Stands in the kernel in vain; then its thread has a turn, in which the last answer comes and is found by others.
    const waiting = socket.progress();
    peer.write(bytesOf(0, 0));
    void socket.breathe();
    expectFrames(heard, [0]);
    expect(await isPending(waiting)).toBe(false);
  });

  it('while timers run', async () => {
    const { socket, heard, peer } = await pair();
    void socket.serve();
    await new Promise((resolve) => setTimeout(resolve, 1));
    peer.write(bytesOf(0, 0));
    await until('the frame', () => heard.frames.length === 1);
    expectFrames(heard, [0]);
  });

  it('looks at an idle connection', async () => {
    const { socket, heard, peer } = await pair();
    socket.watchIdle();
    peer.destroy();
    await until('the end', () => heard.ends.length > 0);
    expect(heard.ends).toEqual([undefined]);
  });
});

describe.runIf(hasNative)('a polled socket sends', () => {
  it('in order, and waits for a peer that does not read', async () => {
    const made = await pair();
    const state = fill(made);
    expect(state.sent).toBeLessThan(64);
    expect(state.flushed.length).toBeLessThan(state.sent);
    expect(made.socket.send('Ack', { seq: 99 })).toBe(false);
    const drained = made.socket.drained();
    expect(await isPending(drained)).toBe(true);
    const far = hear(made.peer);
    await drained;
    const all = Array.from({ length: state.sent }, (_, seq) => seq);
    expect(state.flushed).toEqual(all);
    await until('all frames', () => far.frames.length === state.sent + 1);
    expect(far.frames.pop()).toMatchObject({ type: 'Ack', header: { seq: 99 } });
    expectFrames(
      far,
      all.map(() => MEBIBYTE),
    );
    const bytes = all.reduce((sum, seq) => sum + bytesOf(seq, MEBIBYTE).length, bytesOf(99, 0).length);
    expect(made.socket.sentBytes).toBe(bytes);
  });

  it('frames of any sizes', async () => {
    const property = fc.asyncProperty(lengths, async (sizes) => {
      const { socket, peer } = await pair();
      const far = hear(peer);
      const flushed: number[] = [];
      for (const [seq, length] of sizes.entries()) {
        const done = () => flushed.push(seq);
        const more =
          length === 0
            ? socket.send('Ack', { seq }, undefined, done)
            : socket.send('Extent', extent(seq, length), Buffer.alloc(length, seq + 1), done);
        if (!more) await socket.drained();
      }
      expect(flushed).toEqual(sizes.map((_, seq) => seq));
      await until('all frames', () => far.frames.length === sizes.length);
      expectFrames(far, sizes);
    });
    await fc.assert(property, { numRuns: 15 });
  });

  it('small frames at once: Nagle does not hold the second acknowledgement back', async () => {
    const { peer } = await pair();
    const spy = vi.spyOn(peer, 'setNoDelay');
    heldDescriptorOf(peer)?.release();
    expect(spy.mock.calls).toEqual([[true]]);
  });
});

describe.runIf(hasNative)('a polled socket ends once', () => {
  it.each<[string, string | undefined, (made: PolledPair) => unknown]>([
    ['its peer ends', undefined, ({ peer }) => peer.end()],
    ['its peer resets it', 'E_PEER_LOST', ({ peer }) => peer.resetAndDestroy()],
    [
      'its peer says why',
      'E_NO_ROOM',
      ({ peer }) => peer.write(encodeFrame('Failure', { code: 'E_NO_ROOM', message: 'full', detail: '' })),
    ],
    ['it is destroyed', undefined, ({ socket }) => socket.destroy()],
    ['its peer is hostile', 'E_DAMAGED', ({ peer }) => peer.write('GET / HTTP/1.1\r\n\r\n')],
    [
      'it fails',
      'E_IO',
      ({ socket }) => socket.fail(new GodwitError('E_IO', { path: 'disk', offset: 0, problem: '' })),
    ],
  ])('when %s, and nobody goes on with it', async (_, code, end) => {
    for (const how of ['serve', 'progress'] as const) {
      const made = await pair({ lingerMs: 50 });
      const working = made.socket[how]();
      end(made);
      await until('the end', () => made.heard.ends.length > 0);
      expect(await isPending(working), how).toBe(how === 'progress');
      await expectStill(made);
      made.socket.destroy();
      made.socket.fail(new GodwitError('E_INTERNAL', { problem: 'later' }));
      expect(made.heard.ends.map((error) => error?.code)).toEqual([code]);
      // The descriptor is its owner's, and closed by nobody else.
      expect(fstatSync(made.held.fd).isSocket()).toBe(true);
      const far = hear(made.peer);
      await until('the end at the other side', () => made.peer.destroyed || far.ends.length > 0);
    }
  });

  it('while a sender waits for room', async () => {
    const made = await pair();
    fill(made);
    const drained = made.socket.drained();
    made.peer.resetAndDestroy();
    await until('the end', () => made.heard.ends.length > 0);
    expect(await isPending(drained)).toBe(true);
    await expectStill(made);
    expect(made.heard.ends).toMatchObject([{ code: 'E_PEER_LOST' }]);
  });

  it('and the peer gets to know why, then the end of the connection', async () => {
    const { socket, heard, peer } = await pair();
    const far = hear(peer);
    void socket.serve();
    peer.write(Buffer.alloc(MEBIBYTE, 0xee));
    await until('the end', () => far.frames.length > 0);
    peer.end();
    await once(peer, 'close');
    expect(far.frames).toMatchObject([{ type: 'Failure', header: { code: 'E_DAMAGED' } }]);
    expect(heard.ends).toMatchObject([{ code: 'E_DAMAGED' }]);
  });
});
