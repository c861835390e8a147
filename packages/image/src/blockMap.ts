import assert from 'node:assert/strict';

const BITS = 32;
/** Set bits are counted in one signed word; LIMITS.imageBlocks of the protocol is the same number. */
export const MAX_BLOCKS = 2 ** 31 - 1;

/**
 * One bit a block, in shared memory, with a summary bit for every 32 words so that an almost empty
 * map of a huge image is read in microseconds. All access is by Atomics: writers, front ends and
 * lanes may stand in different threads.
 *
 * Order of the two levels (ARCHITECTURE.md, "Images and their maps"): setting writes the bit first
 * and the summary second; taking clears the summary first and the word second. A taken map may leave
 * a summary bit over an empty word, never a set bit under a clear summary once its setter returned.
 */
export class BlockMap {
  readonly blocks: number;
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #summary: Int32Array;
  /** How many bits are set: changed by whoever changes bits, so that counting a huge map costs one load. */
  readonly #count: Int32Array;

  private constructor(blocks: number, buffer: SharedArrayBuffer) {
    const words = Math.ceil(blocks / BITS);
    const summaryWords = Math.ceil(words / BITS);
    assert.equal(buffer.byteLength, (words + summaryWords + 1) * 4, 'buffer of another map');
    this.blocks = blocks;
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, words);
    this.#summary = new Int32Array(buffer, words * 4, summaryWords);
    this.#count = new Int32Array(buffer, (words + summaryWords) * 4, 1);
  }

  /** An empty map of `blocks` blocks; 1 bit a block plus 1/32. */
  static create(blocks: number): BlockMap {
    const words = Math.ceil(blocks / BITS);
    return new BlockMap(blocks, new SharedArrayBuffer((words + Math.ceil(words / BITS) + 1) * 4));
  }

  /** The same map in another thread. */
  static attach(blocks: number, buffer: SharedArrayBuffer): BlockMap {
    return new BlockMap(blocks, buffer);
  }

  /** Sets the bits of `count` blocks from `first`. */
  setRange(first: number, count: number): void {
    this.#eachWord(first, count, (word, mask) => this.orWord(word, mask));
  }

  /** Clears the bits of `count` blocks from `first`; summary bits stay. */
  clearRange(first: number, count: number): void {
    let cleared = 0;
    this.#eachWord(first, count, (word, mask) => {
      cleared += populationCount(Atomics.and(this.#words, word, ~mask) & mask);
    });
    if (cleared > 0) Atomics.sub(this.#count, 0, cleared);
  }

  /** ORs 32 bits into word `word` (blocks 32 x word and up) and marks the summary. */
  orWord(word: number, bits: number): void {
    const added = bits & ~Atomics.or(this.#words, word, bits);
    if (added !== 0) Atomics.add(this.#count, 0, populationCount(added));
    const summaryBit = 1 << (word % BITS);
    const summaryWord = Math.floor(word / BITS);
    // A taker clears the summary before the words, so a summary bit seen set here, after our bit was
    // written, means that the taker has not yet come to our word: it will find the bit.
    if ((Atomics.load(this.#summary, summaryWord) & summaryBit) === 0) {
      Atomics.or(this.#summary, summaryWord, summaryBit);
    }
  }

  /** The 32 bits of word `word`. */
  loadWord(word: number): number {
    return Atomics.load(this.#words, word);
  }

  /** Takes the bits of word `word` that are in `mask`: clears them and returns those that were set. */
  takeFromWord(word: number, mask: number): number {
    const taken = Atomics.and(this.#words, word, ~mask) & mask;
    if (taken !== 0) Atomics.sub(this.#count, 0, populationCount(taken));
    return taken;
  }

  has(block: number): boolean {
    assert(block >= 0 && block < this.blocks);
    return (Atomics.load(this.#words, Math.floor(block / BITS)) & (1 << (block % BITS))) !== 0;
  }

  /** True when any of `count` blocks from `first` is set. */
  hasAny(first: number, count: number): boolean {
    return this.nextRun(first, first + count) !== undefined;
  }

  /**
   * Empties the map: each non-zero word is exchanged with zero, then handed to `visit`. Bits set
   * meanwhile are either visited or stay for the next time, never lost.
   */
  takeAll(visit: (word: number, bits: number) => void): void {
    this.takeSome(0, this.slices, visit);
  }

  /** How many slices of 1,024 blocks the map has, for `takeSome`. */
  get slices(): number {
    return this.#summary.length;
  }

  /** `takeAll` over slices [from, to), so that a huge map can be taken without holding the thread. */
  takeSome(from: number, to: number, visit: (word: number, bits: number) => void): void {
    for (let i = from; i < Math.min(to, this.slices); i++) {
      if (Atomics.load(this.#summary, i) === 0) continue;
      let marks = Atomics.exchange(this.#summary, i, 0);
      while (marks !== 0) {
        const low = 31 - Math.clz32(marks & -marks);
        marks &= marks - 1;
        const word = i * BITS + low;
        const bits = Atomics.exchange(this.#words, word, 0);
        if (bits === 0) continue;
        Atomics.sub(this.#count, 0, populationCount(bits));
        visit(word, bits);
      }
    }
  }

  /** Number of set bits; a moment's view when others are writing (a taker may be ahead of a setter's count). */
  count(): number {
    return Math.max(0, Atomics.load(this.#count, 0));
  }

  /** The first run of set blocks in [from, end), or undefined. Reads words, not the summary: for short ranges. */
  nextRun(from: number, end: number): { first: number; count: number } | undefined {
    const first = this.#seek(from, end, 0);
    if (first >= end) return undefined;
    return { first, count: this.#seek(first, end, -1) - first };
  }

  /** First block in [from, end) whose bit differs from `background` (0 or -1), or end. */
  #seek(from: number, end: number, background: number): number {
    let block = from;
    while (block < end) {
      const offset = block % BITS;
      const bits = (Atomics.load(this.#words, Math.floor(block / BITS)) ^ background) >>> offset;
      if (bits !== 0) return Math.min(end, block + 31 - Math.clz32(bits & -bits));
      block += BITS - offset;
    }
    return end;
  }

  #eachWord(first: number, count: number, visit: (word: number, mask: number) => void): void {
    assert(first >= 0 && count >= 0 && first + count <= this.blocks, 'blocks outside the map');
    let block = first;
    const end = first + count;
    while (block < end) {
      const offset = block % BITS;
      const take = Math.min(BITS - offset, end - block);
      const mask = take === BITS ? -1 : ((1 << take) - 1) << offset;
      visit(Math.floor(block / BITS), mask);
      block += take;
    }
  }
}

/** Set bits of a 32-bit word (Hacker's Delight, figure 5-2). */
export function populationCount(bits: number): number {
  let x = bits - ((bits >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return (((x + (x >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}
