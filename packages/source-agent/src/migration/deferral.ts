import type { ImageMaps } from '@godwit/image';
import { type DirtyByHeat, type Segment, segmentsOf } from '../policy/deferral.js';
import type { SegmentChoice } from '../rounds/segments.js';
import type { MigrationMeter } from './meter.js';

/** A time step is as long as sending what is dirty would take, within these. */
const STEP_MINIMUM_MS = 25;
const STEP_MAXIMUM_MS = 4000;
/** While the bandwidth is unknown. */
const STEP_UNKNOWN_MS = 250;

/**
 * Cold blocks first, hot ones late: chooses the segments of rounds, and moves the time of the write history
 * on, so that one of its steps is about as long as a round.
 */
export class Deferral {
  readonly #maps: readonly ImageMaps[];
  readonly #meter: MigrationMeter;
  readonly #budgetBytes: () => number;
  #timer: NodeJS.Timeout | undefined;

  constructor(maps: readonly ImageMaps[], meter: MigrationMeter, budgetBytes: () => number) {
    this.#maps = maps;
    this.#meter = meter;
    this.#budgetBytes = budgetBytes;
  }

  /** Lets time pass for the write history until `stop`. */
  start(): void {
    this.#timer = setTimeout(() => {
      this.step();
      this.start();
    }, this.stepMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  /** How long the present time step is. */
  get stepMs(): number {
    const bytesPerSec = this.#meter.rawBytesPerSec();
    const ms = bytesPerSec === undefined ? STEP_UNKNOWN_MS : (this.#meter.dirtyBytes() / bytesPerSec) * 1000;
    return Math.min(STEP_MAXIMUM_MS, Math.max(STEP_MINIMUM_MS, ms));
  }

  /** Ends a time step. */
  step(): void {
    for (const { history } of this.#maps) history.advance();
  }

  /** For the next round. The first has no history; whoever waits for an operator keeps nothing back. */
  choice(isWaiting: boolean): SegmentChoice | undefined {
    return this.#meter.roundsDone === 0 || isWaiting ? undefined : (dirty) => this.#choose(dirty);
  }

  #choose(dirty: DirtyByHeat): readonly Segment[] {
    return segmentsOf({ dirty, budgetBytes: this.#budgetBytes(), bytesPerSec: this.#meter.rawBytesPerSec() });
  }
}
