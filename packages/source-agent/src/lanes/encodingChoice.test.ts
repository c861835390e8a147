import { describe, expect, it } from 'vitest';
import { EncodingChoice, type EncodingMode } from './encodingChoice.js';

const MEBIBYTE = 1024 * 1024;
const PIECE = MEBIBYTE / 8;
const PIECES_PER_EPOCH = 32;

interface Wire {
  /** Milliseconds for a MiB: to compress, and on the wire. */
  compressMs: number;
  wireMs: number;
  /** What is left of a compressed byte. */
  readonly ratio: number;
}

/** A lane of extents of 128 KiB, acknowledged at once; tells which of them were compressed. */
class Lane {
  readonly choice: EncodingChoice;
  readonly compressed: boolean[] = [];
  #nowMs = 0;
  #seq = 0;

  constructor(mode: EncodingMode = 'auto') {
    this.choice = new EncodingChoice(mode, () => this.#nowMs);
  }

  pass(mebibytes: number, wire: Wire): this {
    this.choice.restart();
    for (let piece = 0; piece < mebibytes * 8; piece++) {
      const { compress } = this.choice;
      this.compressed.push(compress);
      if (compress) {
        this.#nowMs += wire.compressMs / 8;
        this.choice.compressed(PIECE, wire.compressMs / 8);
      }
      this.#nowMs += ((compress ? wire.ratio : 1) * wire.wireMs) / 8;
      this.#seq += 1;
      this.choice.sent(this.#seq, PIECE);
      this.choice.acknowledged(this.#seq);
    }
    return this;
  }

  /** Time between passes that is nobody's cost. */
  idle(ms: number): this {
    this.#nowMs += ms;
    return this;
  }

  get share(): number {
    return this.compressed.filter(Boolean).length / this.compressed.length;
  }

  /** Where stretches of compressed extents begin, and their lengths, in extents. */
  get tries(): { at: number; pieces: number }[] {
    const tries: { at: number; pieces: number }[] = [];
    for (const [at, compress] of this.compressed.entries()) {
      if (!compress) continue;
      const last = tries.at(-1);
      if (last !== undefined && last.at + last.pieces === at) last.pieces += 1;
      else tries.push({ at, pieces: 1 });
    }
    return tries;
  }
}

const SLOW: Wire = { compressMs: 2, wireMs: 80, ratio: 0.5 };
const FAST: Wire = { compressMs: 2, wireMs: 1, ratio: 0.5 };
/** Compressing alone is cheaper than the wire, but with what is left it is not. */
const EVEN: Wire = { compressMs: 2, wireMs: 2.2, ratio: 0.9 };

describe('the choice of an encoding', () => {
  it('begins raw, and takes lz4 on a slow wire', () => {
    const lane = new Lane().pass(400, SLOW);
    // Three epochs of 100 ms, in whole extents of 10.
    expect(lane.compressed.indexOf(true)).toBe(3 * 10);
    expect(lane.share).toBeGreaterThan(0.9);
  });

  it('ends a try with its first extent where compressing alone costs more than the wire, and tries ever less', () => {
    const lane = new Lane().pass(4 * 1500, FAST);
    const { tries } = lane;
    expect(tries.every(({ pieces }) => pieces === 1)).toBe(true);
    const gaps = tries.slice(1).map(({ at }, index) => (at - (tries[index]?.at ?? 0)) / PIECES_PER_EPOCH);
    expect(gaps).toEqual([16, 32, 64, 128, 256, 256, 256, 256]);
  });

  it('tries for an epoch what costs no more than the wire, and returns to raw', () => {
    const { tries } = new Lane().pass(4 * 500, EVEN);
    // The first ends when it is acknowledged, which the next epoch does not wait for.
    expect(tries.map(({ pieces }) => pieces / PIECES_PER_EPOCH)).toEqual([2, 1, 1, 1, 1]);
  });

  it('follows the wire when it changes', () => {
    const lane = new Lane().pass(4 * 40, FAST);
    expect(lane.share).toBeLessThan(0.01);
    const before = lane.compressed.length;
    lane.pass(4 * 300, SLOW);
    expect(lane.compressed.slice(before + 4 * 100 * 8).filter(Boolean).length).toBeGreaterThan(4 * 180 * 8);
    const middle = lane.compressed.length;
    lane.pass(4 * 300, FAST);
    // One try of raw is enough, and comes after 256 epochs at most.
    expect(lane.compressed.slice(middle).indexOf(false)).toBeLessThanOrEqual(256 * PIECES_PER_EPOCH);
    const raw = lane.compressed.slice(lane.compressed.indexOf(false, middle));
    expect(raw.filter(Boolean).length).toBeLessThanOrEqual(3);
  });

  it('tries nothing in passes that are shorter than an epoch, and takes no idle time for a cost', () => {
    const lane = new Lane();
    for (let pass = 0; pass < 300; pass++) lane.pass(0.75, SLOW).idle(10_000);
    expect(lane.share).toBe(0);
    lane.pass(40, FAST).idle(1_000_000).pass(200, FAST);
    // One in the first of them, two in the second.
    expect(lane.tries.map(({ pieces }) => pieces)).toEqual([1, 1, 1]);
  });

  it.each(['raw', 'lz4'] as const)('is none where %s was asked for', (mode) => {
    for (const wire of [SLOW, FAST, EVEN]) {
      expect(new Set(new Lane(mode).pass(200, wire).compressed)).toEqual(new Set([mode === 'lz4']));
    }
  });
});
