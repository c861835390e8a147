import type { MigrationRequest } from '@godwit/agent';
import { GodwitError } from '@godwit/errors';
import {
  type Decision,
  decide,
  expectedDowntime,
  type PolicyInput,
  pauseBudget,
  type RoundOutcome,
} from '../policy/decide.js';
import type { MigrationMeter } from './meter.js';

/** No new low of what remains for so long is no progress; KubeVirt's value (facts/peers.md). */
const STALL_MS = 40_000;
/** A freeze that finds this many times the allowed downtime is given up: the workload wrote a burst. */
const BURST_FACTOR = 2;
/** Below this a pause is not given up: thawing and freezing again costs about as much. */
const PAUSE_FLOOR_MS = 500;
/** Round trips in the pause besides the data: last barrier, Prepare, Commit, and one for a check. */
const PAUSE_ROUND_TRIPS = 4;
/** Records that are put on disk in the pause: PREPARED, SEALED, OWNER. */
const PAUSE_RECORDS = 3;

/** The least of the last few counts, for a busy machine only ever adds. */
const SYNCS_KEPT = 4;

/** What the fixed part of a pause is made of, in milliseconds. */
export interface PauseCosts {
  readonly rttMs: number;
  readonly persistMs: number;
}

/** Feeds the switch policy with what a migration measures. */
export class Convergence {
  readonly #request: MigrationRequest;
  readonly #meter: MigrationMeter;
  readonly #costs: () => PauseCosts;
  readonly #startedMs = performance.now();
  #outcomes: RoundOutcome[] = [];
  /** Write-backs at the destination; the first round's says nothing of the pause, later ones do. */
  readonly #syncsMs: number[] = [];

  constructor(request: MigrationRequest, meter: MigrationMeter, costs: () => PauseCosts) {
    this.#request = request;
    this.#meter = meter;
    this.#costs = costs;
  }

  /** The destination wrote a round back within `durationMs`. */
  synced(durationMs: number): void {
    this.#syncsMs.push(durationMs);
    if (this.#syncsMs.length > SYNCS_KEPT) this.#syncsMs.shift();
  }

  /**
   * Called after each round: what now?
   *
   * @param remainingBytes dirty bytes that the pause would find; what is dirty now unless given
   */
  roundEnded(remainingBytes = this.#meter.dirtyBytes()): Decision {
    this.#outcomes.push({ endedAtMs: this.#nowMs(), remainingBytes });
    const decision = decide({ ...this.#input(), remainingBytes });
    const { expectedDowntimeMs } = decision;
    this.#meter.expectedDowntimeMs = Number.isFinite(expectedDowntimeMs) ? expectedDowntimeMs : undefined;
    return decision;
  }

  /** Rounds before this do not count as rounds that failed to converge. */
  forgetRounds(): void {
    this.#outcomes = [];
  }

  /** Asked with the gate closed: is what must move now still about what the user allowed? Costs that no round can shrink do not count. */
  isStillWorthIt(): boolean {
    return expectedDowntime({ ...this.#input(), fixedCostMs: 0 }) <= this.#request.downtimeLimitMs * BURST_FACTOR;
  }

  /** What the part of the pause that sends and proves may take before the workload is let go again. */
  get pauseLimitMs(): number {
    return Math.max(PAUSE_FLOOR_MS, this.#request.downtimeLimitMs * BURST_FACTOR);
  }

  /** Bytes that rounds may leave for the pause on purpose. */
  pauseBudgetBytes(): number {
    const { downtimeLimitMs } = this.#request;
    return this.#syncsMs.length === 0 ? 0 : pauseBudget({ ...this.#input(), downtimeLimitMs });
  }

  noConvergence(reason: string): GodwitError {
    const expected = this.#meter.expectedDowntimeMs;
    const pause = expected === undefined ? 'unknown' : `${Math.round(expected)} ms`;
    const rounds = `${reason} after ${this.#meter.roundsDone} rounds`;
    return new GodwitError('E_NO_CONVERGE', {
      reason: `${rounds}; the pause would be ${pause}, the limit is ${this.#request.downtimeLimitMs} ms`,
    });
  }

  #input(): PolicyInput {
    const { downtimeLimitMs, maxRounds, timeoutMs, onStall, verify } = this.#request;
    return {
      rounds: this.#outcomes,
      remainingBytes: this.#meter.dirtyBytes(),
      unprovenBytes: verify === 'wire' ? 0 : this.#meter.unprovenBytes(),
      bandwidth: this.#meter.bandwidth.estimate(),
      wireRatio: this.#meter.wireRatio(),
      checkBytesPerSec: this.#meter.checkBytesPerSec,
      fixedCostMs: this.#fixedCostMs(),
      destinationReady: this.#syncsMs.length > 0,
      nowMs: this.#nowMs(),
      limits: { downtimeLimitMs, maxRounds, timeoutMs, onStall, stallMs: STALL_MS },
    };
  }

  #fixedCostMs(): number {
    const { rttMs, persistMs } = this.#costs();
    return PAUSE_ROUND_TRIPS * rttMs + PAUSE_RECORDS * persistMs + Math.min(...this.#syncsMs);
  }

  #nowMs(): number {
    return performance.now() - this.#startedMs;
  }
}
