const NAMES = [
  'wireBytes',
  'ackedWireBytes',
  'normalBytes',
  'zeroBytes',
  'blocks',
  'resentBytes',
  'nacks',
  'checkedBlocks',
  'checkedBytes',
] as const;

export type LaneCounterName = (typeof NAMES)[number];
export type LaneTotals = Record<LaneCounterName, number>;

/**
 * Counters of one lane in shared memory: the lane adds, the main thread reads whenever it likes.
 * 64-bit words by Atomics, so that no reader sees half a number.
 */
export class LaneCounters {
  readonly buffer: SharedArrayBuffer;
  readonly #words: BigInt64Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(NAMES.length * 8)) {
    this.buffer = buffer;
    this.#words = new BigInt64Array(buffer);
  }

  add(name: LaneCounterName, amount: number): void {
    Atomics.add(this.#words, NAMES.indexOf(name), BigInt(amount));
  }

  /** Adds this lane's values to `totals`. */
  addTo(totals: LaneTotals): void {
    for (const [index, name] of NAMES.entries()) totals[name] += Number(Atomics.load(this.#words, index));
  }

  static zero(): LaneTotals {
    return {
      wireBytes: 0,
      ackedWireBytes: 0,
      normalBytes: 0,
      zeroBytes: 0,
      blocks: 0,
      resentBytes: 0,
      nacks: 0,
      checkedBlocks: 0,
      checkedBytes: 0,
    };
  }
}
