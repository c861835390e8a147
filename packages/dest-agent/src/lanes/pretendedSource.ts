import { once } from 'node:events';
import type net from 'node:net';
import { Encoding, encodeFrame, type FrameHeaders, FrameParser } from '@godwit/protocol';
import { compressSync } from 'lz4-napi';
import { ExtentDecoder } from './extentDecoder.js';

/** Small blocks, each a frame of its own: what is to be compiled is what runs for a frame, not for a byte. */
export const REHEARSED_BLOCK_BYTES = 16 * 1024;
const BLOCKS = 128;
const PAGE_BYTES = 4096;
export const REHEARSED_BYTES = BLOCKS * REHEARSED_BLOCK_BYTES;

/** What a lane meets in a rehearsal: a source that sends blocks, has them checked, and waits for the answer. */
export class PretendedSource {
  readonly #socket: net.Socket;
  readonly #decoder: ExtentDecoder;
  readonly #blocks: readonly Buffer[] = [0, 1, 2, 3].map(contents);
  #lastSeq = 0;
  #ackedSeq = 0;
  #settle: () => void = () => undefined;
  #fail: (error: Error) => void = () => undefined;

  private constructor(socket: net.Socket, decoder: ExtentDecoder) {
    this.#socket = socket;
    this.#decoder = decoder;
    const parser = new FrameParser({
      accepts: ['HelloAck', 'Ack', 'Nack', 'Failure', 'CheckResult'],
      onFrame: (frame) => {
        if (frame.type === 'Ack') this.#ackedSeq = frame.header.seq;
        else if (frame.type !== 'HelloAck') this.#fail(new Error(`${frame.type} from a lane that was told the truth`));
        if (this.#ackedSeq === this.#lastSeq) this.#settle();
      },
    });
    socket.on('data', (chunk: Buffer) => parser.push(chunk));
    socket.once('close', () => this.#fail(new Error('the connection was closed')));
  }

  static async on(socket: net.Socket): Promise<PretendedSource> {
    return new PretendedSource(socket, await ExtentDecoder.create());
  }

  /** Every block sent and checked; resolves when all is acknowledged, and nothing else was answered. */
  async cycle(): Promise<void> {
    const answered = new Promise<void>((resolve, reject) => {
      this.#settle = resolve;
      this.#fail = reject;
    });
    answered.catch(() => undefined);
    for (let block = 0; block < BLOCKS; block++) await this.#write(this.#sent(block));
    for (let block = 0; block < BLOCKS; block++) await this.#write(this.#check(block));
    // All may have been answered while the last frames were written.
    if (this.#ackedSeq < this.#lastSeq) await answered;
  }

  async #write(frame: readonly Buffer[]): Promise<void> {
    let hasRoom = true;
    for (const bytes of frame) hasRoom = this.#socket.write(bytes);
    if (!hasRoom) await Promise.race([once(this.#socket, 'drain'), once(this.#socket, 'close')]);
  }

  #place(block: number): { seq: number; image: number; offset: number } {
    this.#lastSeq += 1;
    return { seq: this.#lastSeq, image: 0, offset: block * REHEARSED_BLOCK_BYTES };
  }

  #sent(block: number): readonly Buffer[] {
    const raw = this.#blocks[block % 4];
    const place = this.#place(block);
    if (raw === undefined || block % 4 === 0) {
      return [encodeFrame('Zero', { ...place, round: 1, length: REHEARSED_BLOCK_BYTES })];
    }
    const hash = this.#decoder.digest(raw);
    const packed = block % 4 === 1 ? compressSync(raw) : undefined;
    const header: FrameHeaders['Extent'] = {
      ...place,
      round: 1,
      rawBytes: raw.length,
      encoding: packed === undefined ? Encoding.raw : Encoding.lz4,
      hashLow: Number(hash & 0xffffffffn),
      hashHigh: Number(hash >> 32n),
    };
    const payload = packed ?? raw;
    return [encodeFrame('Extent', header, payload.length), payload];
  }

  #check(block: number): readonly Buffer[] {
    const raw = this.#blocks[block % 4];
    const header = { ...this.#place(block), length: REHEARSED_BLOCK_BYTES };
    if (raw === undefined || block % 4 === 0) return [encodeFrame('CheckZero', header)];
    const digest = Buffer.alloc(8);
    digest.writeBigUInt64LE(this.#decoder.digest(raw));
    return [encodeFrame('Check', header, digest.length), digest];
  }
}

/** Zeros, what compresses, what does not, and what does not with a page of zeros in it. */
function contents(kind: number): Buffer {
  const bytes = Buffer.alloc(REHEARSED_BLOCK_BYTES);
  let state = kind;
  for (let at = 0; at < bytes.length && kind > 0; at += 4) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes.writeUInt32LE(kind === 1 ? state % 7 : state, at);
  }
  if (kind === 3) bytes.fill(0, PAGE_BYTES, 2 * PAGE_BYTES);
  return bytes;
}
