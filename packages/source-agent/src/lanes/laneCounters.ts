const NAMES = [
  'wireBytes',
  'ackedWireBytes',
  'normalBytes',
  /** Of normalBytes, those that travelled compressed. */
  'lz4Bytes',
  'zeroBytes',
  'blocks',
  'resentBytes',
  'nacks',
  'checkedBlocks',
  'checkedBytes',
  'scrubWaitMs',
] as const;

export type LaneCounterName = (typeof NAMES)[number];
export type LaneTotals = Record<LaneCounterName, number>;

function zero(): LaneTotals {
  return {
    wireBytes: 0,
    ackedWireBytes: 0,
    normalBytes: 0,
    lz4Bytes: 0,
    zeroBytes: 0,
    blocks: 0,
    resentBytes: 0,
    nacks: 0,
    checkedBlocks: 0,
    checkedBytes: 0,
    scrubWaitMs: 0,
  };
}

const INDEX: LaneTotals = zero();
for (const [index, name] of NAMES.entries()) INDEX[name] = index;

/**
 * Counters of one lane in shared memory: the lane alone adds, the main thread reads whenever it likes. Doubles,
 * for they are exact to 2^53 and an aligned one is stored in one piece on every processor that Node runs on;
 * atomic 64-bit words took a BigInt for each addition, several for each frame.
 */
export class LaneCounters {
  readonly buffer: SharedArrayBuffer;
  readonly #values: Float64Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(NAMES.length * 8)) {
    this.buffer = buffer;
    this.#values = new Float64Array(buffer);
  }

  add(name: LaneCounterName, amount: number): void {
    const index = INDEX[name];
    this.#values[index] = (this.#values[index] ?? 0) + amount;
  }

  /** Adds this lane's values to `totals`. */
  addTo(totals: LaneTotals): void {
    for (const [index, name] of NAMES.entries()) totals[name] += this.#values[index] ?? 0;
  }

  static zero(): LaneTotals {
    return zero();
  }
}
