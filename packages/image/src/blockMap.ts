import assert from 'node:assert/strict';

const BITS = 32;
/** Blocks of a slice: those under one word of summary. */
const SLICE_BLOCKS = BITS * BITS;
/** Set bits are counted in one signed word; LIMITS.imageBlocks of the protocol is the same number. */
export const MAX_BLOCKS = 2 ** 31 - 1;

/**
 * One bit a block, in shared memory, with a summary bit for every word and a top bit for every 32 words
 * of summary (a slice), so that an almost empty map of a huge image is read in microseconds: 4 TiB in
 * blocks of 4 KiB are 2^20 words of summary, which took 26 ms to look through, and 2^15 words of top.
 * All access is by Atomics: writers, front ends and lanes may stand in different threads.
 *
 * Order of the levels (ARCHITECTURE.md, "Images and their maps"): setting writes the bit first, then the
 * summary, then the top; taking clears the top first, then the summary, then the word. A taken map may
 * leave a mark over nothing, never a set bit under a clear mark once its setter returned. A page of the
 * buffer that nobody set a bit in is never written: it takes no memory.
 */
export class BlockMap {
  readonly blocks: number;
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #summary: Int32Array;
  readonly #top: Int32Array;
  /** How many bits are set: changed by whoever changes bits, so that counting a huge map costs one load. */
  readonly #count: Int32Array;

  private constructor(blocks: number, buffer: SharedArrayBuffer) {
    const { words, summary, top, all } = levelsOf(blocks);
    assert.equal(buffer.byteLength, all * 4, 'buffer of another map');
    this.blocks = blocks;
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, words);
    this.#summary = new Int32Array(buffer, words * 4, summary);
    this.#top = new Int32Array(buffer, (words + summary) * 4, top);
    this.#count = new Int32Array(buffer, (all - 1) * 4, 1);
  }

  /** An empty map of `blocks` blocks; 1 bit a block plus 1/32 and 1/1024. */
  static create(blocks: number): BlockMap {
    return new BlockMap(blocks, new SharedArrayBuffer(levelsOf(blocks).all * 4));
  }

  /** The same map in another thread. */
  static attach(blocks: number, buffer: SharedArrayBuffer): BlockMap {
    return new BlockMap(blocks, buffer);
  }

  /** Sets the bits of `count` blocks from `first`. */
  setRange(first: number, count: number): void {
    let added = 0;
    this.#eachWord(first, count, (word, mask) => {
      added += populationCount(mask & ~Atomics.or(this.#words, word, mask));
    });
    if (added > 0) Atomics.add(this.#count, 0, added);
    if (count > 0) this.#markWords(Math.floor(first / BITS), Math.floor((first + count - 1) / BITS));
  }

  /** Clears the bits of `count` blocks from `first`; marks stay. What no mark says to be set costs nothing. */
  clearRange(first: number, count: number): void {
    this.#assertInside(first, count);
    let cleared = 0;
    const clear = (word: number, mask: number) => {
      cleared += populationCount(Atomics.and(this.#words, word, ~mask) & mask);
    };
    const end = first + count;
    for (let from = first; from < end; ) {
      const slice = Math.floor(from / SLICE_BLOCKS);
      const to = Math.min(end, (slice + 1) * SLICE_BLOCKS);
      if (Atomics.load(this.#summary, slice) !== 0) this.#eachWord(from, to - from, clear);
      from = to;
    }
    if (cleared > 0) Atomics.sub(this.#count, 0, cleared);
  }

  /** ORs 32 bits into word `word` (blocks 32 x word and up) and marks it. */
  orWord(word: number, bits: number): void {
    const added = bits & ~Atomics.or(this.#words, word, bits);
    if (added !== 0) Atomics.add(this.#count, 0, populationCount(added));
    this.#markWords(word, word);
  }

  /**
   * Marks words [first, last], whose bits are written. A mark that is seen set already stays: a taker clears it
   * before it comes to what is below, so it has yet to come there, and will find the bits. Both levels are
   * looked at each time: whoever set a mark of the summary may not yet have come to the top.
   */
  #markWords(first: number, last: number): void {
    setBits(this.#summary, first, last);
    setBits(this.#top, Math.floor(first / BITS), Math.floor(last / BITS));
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

  /** The first slice at or after `from` that may have set bits, or `slices`. Reads the top level alone. */
  nextSlice(from: number): number {
    return Math.min(this.slices, seekBit(this.#top, from, this.slices, 0));
  }

  /**
   * `takeAll` over slices [from, to), so that a huge map can be taken without holding the thread.
   *
   * @param select the bits of a word that are wanted; the others are left where they are, at no moment cleared
   */
  takeSome(
    from: number,
    to: number,
    visit: (word: number, bits: number) => void,
    select?: (word: number, bits: number) => number,
  ): void {
    const end = Math.min(to, this.slices);
    for (let slice = this.nextSlice(from); slice < end; slice = this.nextSlice(slice + 1)) {
      Atomics.and(this.#top, Math.floor(slice / BITS), ~(1 << (slice % BITS)));
      let marks = Atomics.exchange(this.#summary, slice, 0);
      while (marks !== 0) {
        const low = 31 - Math.clz32(marks & -marks);
        marks &= marks - 1;
        const word = slice * BITS + low;
        const bits = select === undefined ? Atomics.exchange(this.#words, word, 0) : this.#takeSelected(word, select);
        if (bits === 0) continue;
        Atomics.sub(this.#count, 0, populationCount(bits));
        visit(word, bits);
      }
    }
  }

  #takeSelected(word: number, select: (word: number, bits: number) => number): number {
    const seen = Atomics.load(this.#words, word);
    if (seen === 0) return 0;
    const wanted = seen & select(word, seen);
    const before = Atomics.and(this.#words, word, ~wanted);
    // Left behind marks that takeSome has cleared: whoever comes next has to find them.
    if ((before & ~wanted) !== 0) this.#markWords(word, word);
    return before & wanted;
  }

  /** Shows each word with set bits of the slices [from, to) and changes nothing. */
  lookAtSome(from: number, to: number, visit: (word: number, bits: number) => void): void {
    const end = Math.min(to, this.slices);
    for (let slice = this.nextSlice(from); slice < end; slice = this.nextSlice(slice + 1)) {
      for (let marks = Atomics.load(this.#summary, slice); marks !== 0; marks &= marks - 1) {
        const word = slice * BITS + 31 - Math.clz32(marks & -marks);
        const bits = Atomics.load(this.#words, word);
        if (bits !== 0) visit(word, bits);
      }
    }
  }

  /** Number of set bits; a moment's view when others are writing (a taker may be ahead of a setter's count). */
  count(): number {
    return Math.max(0, Atomics.load(this.#count, 0));
  }

  /** The first run of set blocks in [from, end), or undefined. Reads words, not the summary: for short ranges. */
  nextRun(from: number, end: number): { first: number; count: number } | undefined {
    const first = seekBit(this.#words, from, end, 0);
    if (first >= end) return undefined;
    return { first, count: seekBit(this.#words, first, end, -1) - first };
  }

  #eachWord(first: number, count: number, visit: (word: number, mask: number) => void): void {
    this.#assertInside(first, count);
    eachMask(first, first + count, visit);
  }

  #assertInside(first: number, count: number): void {
    assert(first >= 0 && count >= 0 && first + count <= this.blocks, 'blocks outside the map');
  }
}

/** Words of each level of a map, and of the whole with its counter. */
function levelsOf(blocks: number): { words: number; summary: number; top: number; all: number } {
  const words = Math.ceil(blocks / BITS);
  const summary = Math.ceil(words / BITS);
  const top = Math.ceil(summary / BITS);
  return { words, summary, top, all: words + summary + top + 1 };
}

/** The words that hold bits [from, end), each with those of its bits that are in the range. */
function eachMask(from: number, end: number, visit: (word: number, mask: number) => void): void {
  for (let bit = from; bit < end; ) {
    const offset = bit % BITS;
    const take = Math.min(BITS - offset, end - bit);
    visit(Math.floor(bit / BITS), take === BITS ? -1 : ((1 << take) - 1) << offset);
    bit += take;
  }
}

/** Sets bits [first, last] of a level; words that have them all are left alone. */
function setBits(level: Int32Array, first: number, last: number): void {
  eachMask(first, last + 1, (word, mask) => {
    if ((Atomics.load(level, word) & mask) !== mask) Atomics.or(level, word, mask);
  });
}

/** First bit in [from, end) that differs from `background` (0 or -1), or end. */
function seekBit(level: Int32Array, from: number, end: number, background: number): number {
  let at = from;
  while (at < end) {
    const offset = at % BITS;
    const bits = (Atomics.load(level, Math.floor(at / BITS)) ^ background) >>> offset;
    if (bits !== 0) return Math.min(end, at + 31 - Math.clz32(bits & -bits));
    at += BITS - offset;
  }
  return end;
}

/** Set bits of a 32-bit word (Hacker's Delight, figure 5-2). */
export function populationCount(bits: number): number {
  let x = bits - ((bits >>> 1) & 0x55555555);
  x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
  return (((x + (x >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
}
