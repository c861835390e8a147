const MILLION = 1_000_000n;
const BILLION = 1_000_000_000n;
/** Time that may be caught up after a pause; 50 ms hides timer granularity and is 0.5% of the 10 s that caps are judged over. */
const BURST_NS = 50n * MILLION;

/** Shared between threads: the limiter of one migration. */
export interface RateLimiterHandle {
  readonly bytesPerSec: number;
  readonly buffer: SharedArrayBuffer;
}

/**
 * One token bucket for all lanes of a migration, retransmissions included. Kept as the virtual time
 * at which the next byte may leave (the generic cell rate algorithm, ITU-T I.371), in one shared
 * 64-bit word: a reservation is one compare-and-exchange, and no thread hands out tokens.
 */
export class RateLimiter {
  readonly handle: RateLimiterHandle;
  readonly #nextFreeNs: BigInt64Array;
  readonly #nsPerByte: number;
  readonly #now: () => bigint;

  constructor(handle: RateLimiterHandle, now: () => bigint = () => process.hrtime.bigint()) {
    this.handle = handle;
    this.#nextFreeNs = new BigInt64Array(handle.buffer);
    this.#nsPerByte = Number(BILLION) / handle.bytesPerSec;
    this.#now = now;
  }

  /** A limiter of `bytesPerSec` with an empty past. */
  static create(bytesPerSec: number): RateLimiter {
    return new RateLimiter({ bytesPerSec, buffer: new SharedArrayBuffer(8) });
  }

  /** Books `bytes`; returns how many milliseconds to wait before sending them (0: now). */
  reserve(bytes: number): number {
    const now = this.#now();
    const cost = BigInt(Math.ceil(bytes * this.#nsPerByte));
    for (;;) {
      const seen = Atomics.load(this.#nextFreeNs, 0);
      const start = seen < now - BURST_NS ? now - BURST_NS : seen;
      if (Atomics.compareExchange(this.#nextFreeNs, 0, seen, start + cost) === seen) {
        return start <= now ? 0 : Number((start - now) / MILLION) + 1;
      }
    }
  }
}
