/** Numbers from 0 to below `bound`, the same for each seed: mulberry32 (Tommy Ettinger, 2017, public domain). */
export function randomFrom(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound;
  };
}

/** Bytes that do not compress. */
export function randomBytes(length: number, random: (bound: number) => number): Buffer {
  return Buffer.from(Uint8Array.from({ length }, () => random(256)));
}
