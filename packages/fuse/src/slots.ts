import { BACKGROUND_REQUESTS, REQUEST_BYTES } from './protocol.js';

/** What the kernel may have under way in the background, and a few that processes wait for. */
const SLOTS = BACKGROUND_REQUESTS + 4;
const FREE = 0;
const TAKEN = 1;
/** Counts releases; behind the slots' words. */
const RELEASES = SLOTS;

/** Buffers for requests, shared by the thread that reads them and the one that has writes done. */
export class Slots {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #bytes: readonly Buffer[];

  private constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, SLOTS + 1);
    const first = REQUEST_BYTES;
    this.#bytes = Array.from({ length: SLOTS }, (_, slot) =>
      Buffer.from(buffer, first + slot * REQUEST_BYTES, REQUEST_BYTES),
    );
  }

  static create(): Slots {
    return new Slots(new SharedArrayBuffer((SLOTS + 1) * REQUEST_BYTES));
  }

  static attach(buffer: SharedArrayBuffer): Slots {
    return new Slots(buffer);
  }

  /** A free one, of which the caller must have room for a request; holds the thread until there is one. */
  take(): number {
    for (;;) {
      const seen = Atomics.load(this.#words, RELEASES);
      for (let slot = 0; slot < SLOTS; slot++) {
        if (Atomics.compareExchange(this.#words, slot, FREE, TAKEN) === FREE) return slot;
      }
      Atomics.wait(this.#words, RELEASES, seen);
    }
  }

  bytesOf(slot: number): Buffer {
    const bytes = this.#bytes[slot];
    if (bytes === undefined) throw new RangeError(`no slot ${slot}`);
    return bytes;
  }

  release(slot: number): void {
    Atomics.store(this.#words, slot, FREE);
    Atomics.add(this.#words, RELEASES, 1);
    Atomics.notify(this.#words, RELEASES);
  }
}
