/** A run of blocks. */
export interface BlockRange {
  readonly first: number;
  readonly count: number;
}

/**
 * The long holes of an image that are not proven yet: as ranges, for as bits they alone would touch every page of
 * two maps (256 MiB for 4 TiB in blocks of 4 KiB), and be looked through in every check. Known to the thread
 * that runs the migration alone.
 *
 * A range is a claim of the past. Blocks of it that have data by the time it is checked are marked in the map of
 * the unproven instead, whoever wrote them; a write in it marks its block dirty, as everywhere.
 */
export class UnprovenHoles {
  #waiting: BlockRange[] = [];
  #checking: BlockRange[] = [];
  #waitingBlocks = 0;
  #checkingBlocks = 0;

  /** Blocks of ranges that nobody has taken to check them. */
  get waitingBlocks(): number {
    return this.#waitingBlocks;
  }
  /** Blocks of ranges whose check is under way. */
  get checkingBlocks(): number {
    return this.#checkingBlocks;
  }

  /** What a migration starts from; ranges of an earlier one are forgotten. */
  startWith(ranges: Iterable<BlockRange>): void {
    this.#waiting = [...ranges];
    this.#waitingBlocks = blocksIn(this.#waiting);
    this.proven();
  }

  /** Hands out all that waits. What is still a hole is to be told by `checks`, the rest stands in a map from now on. */
  take(): readonly BlockRange[] {
    const taken = this.#waiting;
    this.#waiting = [];
    this.#waitingBlocks = 0;
    return taken;
  }

  /** A range is being checked. */
  checks(range: BlockRange): void {
    this.#checking.push(range);
    this.#checkingBlocks += range.count;
  }

  /** The check has ended; blocks that it could not prove stand in a map. */
  proven(): void {
    this.#checking = [];
    this.#checkingBlocks = 0;
  }

  /** The check ended early. */
  restore(): void {
    this.#waiting.push(...this.#checking.splice(0));
    this.#waitingBlocks += this.#checkingBlocks;
    this.#checkingBlocks = 0;
  }
}

function blocksIn(ranges: readonly BlockRange[]): number {
  return ranges.reduce((sum, { count }) => sum + count, 0);
}
