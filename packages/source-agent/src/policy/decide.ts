/**
 * When to switch (engine.md section 5), as a pure function of what was measured.
 *
 * Expected downtime = the longer of sending what is still dirty (x wire ratio / bandwidth) and proving it (/ check rate),
 *                     for the check travels right behind the extents,
 *                   + other bytes not yet proven / check rate
 *                   + fixed cost (barrier, verification round trips, fsyncs; measured).
 *
 * The bandwidth is the lower of the smoothed and the latest sample, so that a link that has just
 * collapsed does not look fast. While each round still leaves less than 3/4 of the one before, the switch
 * waits for a better moment. An idle image switches whatever its fixed cost. Stop rules: rounds, time, and no progress: what remains has not fallen
 * below 0.96 x its lowest value for `stallMs` (the threshold of KubeVirt's stall detector, facts/peers.md).
 * A stop is `abort` or a forced switch, as the user chose. Throttling and mirrored writes would be
 * further actions here.
 */
export interface PolicyLimits {
  readonly downtimeLimitMs: number;
  readonly maxRounds: number;
  readonly timeoutMs: number;
  /** No new low for so long is no progress. */
  readonly stallMs: number;
  readonly onStall: 'abort' | 'force';
}

/** The state of things at the end of a round. */
export interface RoundOutcome {
  /** Milliseconds since the migration began, on one clock. */
  readonly endedAtMs: number;
  /** Bytes dirty when the round had ended. */
  readonly remainingBytes: number;
}

export interface PolicyInput {
  /** Oldest first; one entry a round. */
  readonly rounds: readonly RoundOutcome[];
  readonly remainingBytes: number;
  /** Bytes that the last check will have to cover besides the dirty ones. */
  readonly unprovenBytes: number;
  /** Undefined until something was acknowledged. */
  readonly bandwidth: BandwidthEstimate | undefined;
  /** Wire bytes for one raw byte, as observed. */
  readonly wireRatio: number;
  /** Undefined when nothing is checked (`verify: wire`). */
  readonly checkBytesPerSec: number | undefined;
  readonly fixedCostMs: number;
  readonly destinationReady: boolean;
  readonly nowMs: number;
  readonly limits: PolicyLimits;
}

export interface BandwidthEstimate {
  readonly smoothedBytesPerSec: number;
  readonly latestBytesPerSec: number;
}

export type StopReason = 'max-rounds' | 'timeout' | 'no-progress';

export type Decision =
  | { readonly action: 'continue'; readonly expectedDowntimeMs: number }
  | { readonly action: 'switch'; readonly expectedDowntimeMs: number; readonly forced: StopReason | undefined }
  | { readonly action: 'abort'; readonly expectedDowntimeMs: number; readonly reason: StopReason };

const STALL_RATIO = 0.96;
const FALLING_RATIO = 0.75;
/** Below this share of the limit the moment is taken: the next one may be worse. */
const GOOD_ENOUGH = 0.25;

/** The one place that decides; called after every round. */
export function decide(input: PolicyInput): Decision {
  const expectedDowntimeMs = expectedDowntime(input);
  const isShortEnough = expectedDowntimeMs <= input.limits.downtimeLimitMs || isIdle(input);
  if (input.destinationReady && isShortEnough && isWorthAnotherRound(input, expectedDowntimeMs)) {
    return { action: 'continue', expectedDowntimeMs };
  }
  if (input.destinationReady && isShortEnough) {
    return { action: 'switch', expectedDowntimeMs, forced: undefined };
  }
  const reason = stopReason(input);
  if (reason === undefined) return { action: 'continue', expectedDowntimeMs };
  if (input.limits.onStall === 'abort') return { action: 'abort', expectedDowntimeMs, reason };
  return input.destinationReady
    ? { action: 'switch', expectedDowntimeMs, forced: reason }
    : { action: 'continue', expectedDowntimeMs };
}

/**
 * Short enough, and still falling: another round costs the workload nothing and makes the pause shorter.
 * Ends by itself, for each such round leaves at most 3/4 of what the one before left.
 */
function isWorthAnotherRound(input: PolicyInput, expectedDowntimeMs: number): boolean {
  const last = input.rounds.at(-1);
  if (last === undefined || stopReason(input) !== undefined) return false;
  const shrinkableMs = expectedDowntimeMs - input.fixedCostMs;
  if (shrinkableMs <= input.limits.downtimeLimitMs * GOOD_ENOUGH) return false;
  // What the first, full round left is no measure of what a short one will leave.
  const before = input.rounds.at(-2);
  return before === undefined || last.remainingBytes < before.remainingBytes * FALLING_RATIO;
}

/**
 * Nothing is left to send or prove, and the last round had nothing either: no further round can make
 * the pause shorter, and nobody writes who could feel it.
 */
function isIdle({ rounds, remainingBytes, unprovenBytes }: PolicyInput): boolean {
  const lastTwo = rounds.slice(-2);
  return (
    remainingBytes + unprovenBytes === 0 && lastTwo.length === 2 && lastTwo.every((round) => round.remainingBytes === 0)
  );
}

/** Milliseconds; Infinity while the bandwidth is unknown and something remains. */
export function expectedDowntime(input: Omit<PolicyInput, 'rounds' | 'limits' | 'nowMs' | 'destinationReady'>): number {
  const transferMs = milliseconds(input.remainingBytes * input.wireRatio, pessimistic(input.bandwidth));
  if (input.checkBytesPerSec === undefined) return transferMs + input.fixedCostMs;
  // What is sent in the pause must be proven in the pause.
  const proofMs = milliseconds(input.remainingBytes, input.checkBytesPerSec);
  return Math.max(transferMs, proofMs) + milliseconds(input.unprovenBytes, input.checkBytesPerSec) + input.fixedCostMs;
}

/** What `pauseBudget` needs to know. */
export type BudgetInput = Pick<PolicyInput, 'bandwidth' | 'wireRatio' | 'checkBytesPerSec' | 'fixedCostMs'> & {
  readonly downtimeLimitMs: number;
};

/**
 * Bytes that rounds may leave for the pause on purpose: as many as are sent and proven within a quarter of
 * the downtime that is allowed, and within half of what the fixed cost leaves of it. At a quarter the switch
 * takes the moment as it is (`GOOD_ENOUGH`), so what is left never holds it up. 0 while the bandwidth is unknown.
 */
export function pauseBudget({ downtimeLimitMs, fixedCostMs, ...costs }: BudgetInput): number {
  const spareMs = Math.min(downtimeLimitMs * GOOD_ENOUGH, (downtimeLimitMs - fixedCostMs) / 2);
  const sendMsPerByte = (costs.wireRatio / pessimistic(costs.bandwidth)) * 1000;
  // A dirty block may be unproven besides, and expectedDowntime counts it twice then.
  const checkMsPerByte = costs.checkBytesPerSec === undefined ? 0 : 1000 / costs.checkBytesPerSec;
  const bytes = spareMs / (Math.max(sendMsPerByte, checkMsPerByte) + checkMsPerByte);
  return Number.isFinite(bytes) ? Math.max(0, Math.floor(bytes)) : 0;
}

function pessimistic(bandwidth: BandwidthEstimate | undefined): number {
  return bandwidth === undefined ? 0 : Math.min(bandwidth.smoothedBytesPerSec, bandwidth.latestBytesPerSec);
}

function milliseconds(bytes: number, bytesPerSec: number): number {
  return bytes === 0 ? 0 : (bytes / bytesPerSec) * 1000;
}

function stopReason(input: PolicyInput): StopReason | undefined {
  const { limits, rounds, nowMs } = input;
  if (nowMs >= limits.timeoutMs) return 'timeout';
  if (rounds.length >= limits.maxRounds) return 'max-rounds';
  return hasStalled(rounds, limits.stallMs) ? 'no-progress' : undefined;
}

function hasStalled(rounds: readonly RoundOutcome[], stallMs: number): boolean {
  let lowest = Number.POSITIVE_INFINITY;
  let lowestAtMs = 0;
  for (const round of rounds) {
    if (round.remainingBytes < lowest * STALL_RATIO || lowest === Number.POSITIVE_INFINITY) {
      lowest = round.remainingBytes;
      lowestAtMs = round.endedAtMs;
    }
  }
  const last = rounds.at(-1);
  return last !== undefined && last.endedAtMs - lowestAtMs > stallMs;
}
