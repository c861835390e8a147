/** A lane more has to bring so much, or it was the last. */
const WORTHWHILE = 1.1;
/** Samples that are averaged before a number of lanes is judged. */
const SAMPLES = 2;
/** The first sample with a new lane is of its start. */
const IGNORED = 1;

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

  /** A full interval was spent sending. True: open another lane. */
  sample(bytesPerSec: number): boolean {
    if (this.#isOver) return false;
    if (this.#toIgnore > 0) {
      this.#toIgnore -= 1;
      return false;
    }
    this.#rates.push(bytesPerSec);
    if (this.#rates.length < SAMPLES) return false;
    const rate = this.#rates.reduce((sum, each) => sum + each, 0) / SAMPLES;
    const helped = rate >= this.#bestBytesPerSec * WORTHWHILE;
    this.#bestBytesPerSec = Math.max(this.#bestBytesPerSec, rate);
    this.#rates = [];
    this.#toIgnore = IGNORED;
    this.#isOver = !helped || this.#lanes >= this.#maximum;
    if (this.#isOver) return false;
    this.#lanes += 1;
    return true;
  }
}
