/**
 * Repeatable randomness: sfc32 (Chris Doty-Humphrey, PractRand), 128 bits of state from one seed. The
 * same seed gives the same run of offsets and lengths, so a failure can be told by its seed.
 */
export class SeededRandom {
  readonly #state = new Uint32Array(4);

  constructor(seed: number) {
    this.#state.set([0x9e3779b9, 0x243f6a88, seed >>> 0, 1]);
    for (let index = 0; index < 15; index++) this.next32();
  }

  /** The next 32 bits, unsigned. */
  next32(): number {
    const [a = 0, b = 0, c = 0, counter = 0] = this.#state;
    const result = (a + b + counter) >>> 0;
    this.#state[0] = b ^ (b >>> 9);
    this.#state[1] = c + (c << 3);
    this.#state[2] = ((c << 21) | (c >>> 11)) + result;
    this.#state[3] = counter + 1;
    return result;
  }

  /** Uniform in [0, 1) with 53 bits. */
  unit(): number {
    return ((this.next32() >>> 5) * 2 ** 26 + (this.next32() >>> 6)) / 2 ** 53;
  }

  /** An integer in [0, limit), for limits up to 2^53. */
  below(limit: number): number {
    return Math.floor(this.unit() * limit);
  }

  /** Fills `target` (a multiple of 4 bytes is fastest) with random bytes. */
  fill(target: Uint8Array): void {
    const words = new Uint32Array(Math.ceil(target.length / 4));
    for (let index = 0; index < words.length; index++) words[index] = this.next32();
    target.set(new Uint8Array(words.buffer, 0, target.length));
  }
}
