/** Writers own whole stripes and no write crosses the border of one, so that writers never overlap. */
export const STRIPE_BYTES = 1024 * 1024;
/** Offsets and lengths are multiples of this, as those of a file system are. */
export const SECTOR_BYTES = 4096;

/** A write that was acknowledged: enough to make its bytes again. */
export interface WriteRecord {
  readonly offset: number;
  readonly length: number;
  readonly seed: number;
  /** True when the destination acknowledged it. */
  readonly afterSwitch: boolean;
}

/** The bytes of a write: pseudo-random, so that no two writes look alike and none is mistaken for a file's content. */
export function contentOf(seed: number, length: number): Buffer {
  const words = new Uint32Array(length / Uint32Array.BYTES_PER_ELEMENT);
  const next = randomSource(seed);
  for (let index = 0; index < words.length; index++) words[index] = next();
  return Buffer.from(words.buffer);
}

/** Numbers from 0 to 2^32 - 1 that depend on the seed alone (mulberry32, public domain, T. Ettinger 2017). */
export function randomSource(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
}
