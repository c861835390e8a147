/** A lane more has to bring so much, or it was the last. */
const WORTHWHILE = 1.1;
/** Samples that are averaged before a number of lanes is judged. */
const SAMPLES = 2;
/** The first sample with a new lane is of its start. */
const IGNORED = 1;
/** With less of the host's processors at rest, a lane more takes from the others, and from the workload, what it brings. */
const LEAST_IDLE = 0.5;

/**
 * How many lanes a migration takes when nobody named a number: one more for as long as that makes it faster. Pure; fed
 * with what was acknowledged in each interval while lanes send.
 */
export class LaneGrowth {
  readonly #maximum: number;
  #lanes: number;
  #rates: number[] = [];
  #toIgnore = IGNORED;
  #bestBytesPerSec = 0;
  #isOver: boolean;

  constructor(lanes: number, maximum: number) {
    this.#lanes = lanes;
    this.#maximum = maximum;
    this.#isOver = lanes >= maximum;
  }

  /** Nothing is to be gained any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Ends the growth: a lane could not be opened, or a cap is reached. */
  stop(): void {
    this.#isOver = true;
  }

  /**
   * A full interval was spent sending, while so many of the host's processors had nothing to do. True: open another
   * lane.
   */
  sample(bytesPerSec: number, idleProcessors: number): boolean {
    if (this.#isOver) return false;
    if (this.#toIgnore > 0) {
      this.#toIgnore -= 1;
      return false;
    }
    this.#rates.push(bytesPerSec);
    if (this.#rates.length < SAMPLES) return false;
    const rate = this.#rates.reduce((sum, each) => sum + each, 0) / SAMPLES;
    const helped = rate >= this.#bestBytesPerSec * WORTHWHILE;
    this.#rates = [];
    this.#isOver = !helped;
    if (this.#isOver) return false;
    // Judged again when there is one for it.
    if (idleProcessors < LEAST_IDLE) return false;
    this.#bestBytesPerSec = Math.max(this.#bestBytesPerSec, rate);
    this.#toIgnore = IGNORED;
    this.#isOver = this.#lanes >= this.#maximum;
    if (this.#isOver) return false;
    this.#lanes += 1;
    return true;
  }
}
