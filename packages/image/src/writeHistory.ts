/** Time steps that are remembered of a block. */
export const HISTORY_STEPS = 8;
/** 2 MiB an image at most. Larger images share cells between blocks that are 2^20 apart. */
const CELLS_MAXIMUM = 2 ** 20;
/** A longer write is a stream, not a rewrite of something small; marking it here would cost more than O(1). */
const LONGEST_BLOCKS = 64;
const STEP_MASK = 0xff;
const WRITTEN_NOW = 0x100;

/**
 * In which of the last eight time steps each block was written, in shared memory: what tells blocks
 * that will be written again from those that will not. Writers note, one load and one store a block
 * and only the load when it was noted in this step already; whoever sends rounds moves time on
 * (`advance`) and asks.
 *
 * A cell is 16 bits: the steps (bit 8: the step of the last write, each higher bit one step earlier)
 * over the number of that step, mod 256. It decays when it is looked at, so nothing is ever scanned. A cell that
 * nobody wrote for exactly 256 steps looks fresh, two writers at once may leave the note of one, and
 * blocks that share a cell share its warmth: all of that makes a guess worse, never a copy.
 */
export class WriteHistory {
  readonly buffer: SharedArrayBuffer;
  readonly #step: Int32Array;
  readonly #cells: Uint16Array;
  readonly #mask: number;

  private constructor(blocks: number, buffer: SharedArrayBuffer) {
    const cells = cellsFor(blocks);
    this.buffer = buffer;
    this.#step = new Int32Array(buffer, 0, 1);
    this.#cells = new Uint16Array(buffer, 4, cells);
    this.#mask = cells - 1;
  }

  static create(blocks: number): WriteHistory {
    return new WriteHistory(blocks, new SharedArrayBuffer(4 + 2 * cellsFor(blocks)));
  }

  /** The same history in another thread. */
  static attach(blocks: number, buffer: SharedArrayBuffer): WriteHistory {
    return new WriteHistory(blocks, buffer);
  }

  /** A writer wrote `count` blocks from `first`. */
  wrote(first: number, count: number): void {
    if (count > LONGEST_BLOCKS) return;
    const step = Atomics.load(this.#step, 0) & STEP_MASK;
    for (let block = first; block < first + count; block++) {
      const at = block & this.#mask;
      const cell = Atomics.load(this.#cells, at);
      if ((cell & STEP_MASK) === step && (cell & WRITTEN_NOW) !== 0) continue;
      Atomics.store(this.#cells, at, (aged(cell, step) << 8) | WRITTEN_NOW | step);
    }
  }

  /** Ends a time step. */
  advance(): void {
    Atomics.add(this.#step, 0, 1);
  }

  /** In how many of the last eight steps, the present one included, the block was written. */
  heat(block: number): number {
    const step = Atomics.load(this.#step, 0) & STEP_MASK;
    let steps = aged(Atomics.load(this.#cells, block & this.#mask), step);
    let written = 0;
    for (; steps !== 0; steps &= steps - 1) written += 1;
    return written;
  }
}

/** The steps of a cell as they stand at `step`. */
function aged(cell: number, step: number): number {
  const age = (step - cell) & STEP_MASK;
  return age < HISTORY_STEPS ? ((cell >>> 8) << age) & 0xff : 0;
}

/** A power of two, so that a block's cell is found by a mask. */
function cellsFor(blocks: number): number {
  let cells = 1;
  while (cells < Math.min(blocks, CELLS_MAXIMUM)) cells *= 2;
  return cells;
}
