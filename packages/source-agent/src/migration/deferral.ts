import type { ImageMaps } from '@godwit/image';
import {
  type DirtyByHeat,
  FUTILE_SHARE,
  hotBytes,
  judgeHold,
  NO_HOLD,
  type Segment,
  segmentsOf,
  total,
} from '../policy/deferral.js';
import type { SegmentChoice } from '../rounds/segments.js';
import type { MigrationMeter } from './meter.js';

/** A time step is as long as sending what is dirty would take, within these. */
const STEP_MINIMUM_MS = 25;
const STEP_MAXIMUM_MS = 4000;
/** While the bandwidth is unknown. */
const STEP_UNKNOWN_MS = 250;
/** While hot blocks are held back rounds are short: not more than ten of them a second. */
const HOLD_PACE_MS = 100;

/**
 * Cold blocks first, hot ones late: chooses the segments of rounds, and moves the time of the write history
 * on, so that one of its steps is about as long as a round.
 */
export class Deferral {
  readonly #maps: readonly ImageMaps[];
  readonly #meter: MigrationMeter;
  readonly #budgetBytes: () => number;
  readonly #now: () => number;
  #hold = NO_HOLD;
  #holds = false;
  /** Set when a forced switch is near: dirty bytes before the last round. */
  #lastAttempt: number | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(
    maps: readonly ImageMaps[],
    meter: MigrationMeter,
    budgetBytes: () => number,
    now = () => performance.now(),
  ) {
    this.#maps = maps;
    this.#meter = meter;
    this.#budgetBytes = budgetBytes;
    this.#now = now;
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

  /** How long to wait before the next round. */
  get paceMs(): number {
    return this.#holds ? HOLD_PACE_MS : 0;
  }

  /** For the next round. The first has no history; whoever waits for an operator keeps nothing back. */
  choice(isWaiting: boolean): SegmentChoice | undefined {
    this.#holds &&= !isWaiting;
    return this.#meter.roundsDone === 0 || isWaiting ? undefined : (dirty) => this.#choose(dirty);
  }

  /**
   * Asked before a forced switch: the pause is not to pay for what was held back. True while another round
   * gets the rest down, which ends by itself.
   */
  wantsAnotherRound(dirtyBytes: number): boolean {
    const before = this.#lastAttempt;
    if (before === undefined && !this.#holds) return false;
    this.#lastAttempt = dirtyBytes;
    return before === undefined || dirtyBytes < before * FUTILE_SHARE;
  }

  #choose(dirty: DirtyByHeat): readonly Segment[] {
    const budgetBytes = this.#budgetBytes();
    const now = { dirtyBytes: total(dirty), hasExcess: hotBytes(dirty) > budgetBytes, nowMs: this.#now() };
    const { state, holds } = judgeHold(this.#hold, now);
    this.#hold = state;
    this.#holds = holds && this.#lastAttempt === undefined;
    return segmentsOf({ dirty, budgetBytes, bytesPerSec: this.#meter.rawBytesPerSec(), holds: this.#holds });
  }
}
