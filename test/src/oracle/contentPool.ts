import { SeededRandom } from './seededRandom.js';

/** Longest write of the oracle; odd lengths up to it are drawn. */
export const LONGEST_WRITE_BYTES = 256 * 1024;

const POOL_BYTES = 4 * 1024 * 1024;

/**
 * What a write contains, as a function of (seed, sequence), so that nothing has to be stored: a window
 * into one pool of random bytes. Windows of two sequences agree at a byte by chance only (1 in 256).
 */
export class ContentPool {
  readonly #pool = new Uint8Array(POOL_BYTES);
  readonly #seed: number;

  constructor(seed: number) {
    this.#seed = seed >>> 0;
    new SeededRandom(seed).fill(this.#pool);
  }

  /** A view (not a copy) of `length` bytes; the caller must not write into it. */
  bytesOf(sequence: number, length: number): Uint8Array {
    const start = mix(this.#seed, sequence) % (POOL_BYTES - LONGEST_WRITE_BYTES);
    return this.#pool.subarray(start, start + length);
  }
}

/** Two words to one, well spread (the finaliser of MurmurHash3). */
function mix(a: number, b: number): number {
  let hash = Math.imul(a ^ 0x85ebca6b, 0xcc9e2d51) ^ Math.imul(b + 0x9e3779b9, 0x1b873593);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
