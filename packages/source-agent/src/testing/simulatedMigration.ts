import { BandwidthMeter } from '../policy/bandwidth.js';
import { type Decision, decide, type PolicyInput, type PolicyLimits, type RoundOutcome } from '../policy/decide.js';

/** Bytes a second at a time in milliseconds. */
export type Trace = (nowMs: number) => number;

export interface World {
  readonly imageBytes: number;
  readonly bandwidth: Trace;
  readonly dirtyRate: Trace;
  readonly fixedCostMs: number;
  readonly limits: PolicyLimits;
}

export interface Step {
  readonly input: PolicyInput;
  readonly decision: Decision;
}

const STEP_MS = 20;
/** A link that stands still for so long is the peer timeout's business, not the policy's. */
const LONGEST_ROUND_MS = 600_000;

/**
 * A migration without bytes: each round sends what is dirty at the bandwidth of the moment while the
 * workload dirties more, up to the whole image; the policy is asked after each round until it says
 * something else than continue. The last step is how it ended, unless a round never ended.
 */
export function simulate(world: World): Step[] {
  const meter = new BandwidthMeter();
  const rounds: RoundOutcome[] = [];
  const steps: Step[] = [];
  let nowMs = 0;
  let remainingBytes = world.imageBytes;
  for (;;) {
    const round = send(world, meter, nowMs, remainingBytes);
    if (round === undefined) return steps;
    nowMs = round.endedAtMs;
    remainingBytes = round.remainingBytes;
    rounds.push(round);
    const input = inputOf(world, meter, rounds, nowMs);
    const decision = decide(input);
    steps.push({ input, decision });
    if (decision.action !== 'continue') return steps;
  }
}

function inputOf(world: World, meter: BandwidthMeter, rounds: readonly RoundOutcome[], nowMs: number): PolicyInput {
  return {
    rounds: [...rounds],
    remainingBytes: rounds.at(-1)?.remainingBytes ?? 0,
    unprovenBytes: 0,
    bandwidth: meter.estimate(),
    wireRatio: 1,
    checkBytesPerSec: undefined,
    fixedCostMs: world.fixedCostMs,
    destinationReady: true,
    nowMs,
    limits: world.limits,
  };
}

/** One round, with a sample of the bandwidth each 400 ms and at its end; undefined when it never ends. */
function send(world: World, meter: BandwidthMeter, startMs: number, bytes: number): RoundOutcome | undefined {
  let leftBytes = bytes;
  let dirtyBytes = 0;
  let sampled = { atMs: startMs, leftBytes };
  let nowMs = startMs;
  const sample = () => {
    meter.sample(sampled.leftBytes - leftBytes, nowMs - sampled.atMs);
    sampled = { atMs: nowMs, leftBytes };
  };
  while (leftBytes > 0) {
    if (nowMs - startMs > LONGEST_ROUND_MS) return undefined;
    const perMs = world.bandwidth(nowMs) / 1000;
    const stepMs = Math.min(STEP_MS, perMs === 0 ? STEP_MS : leftBytes / perMs);
    leftBytes = stepMs < STEP_MS ? 0 : Math.max(0, leftBytes - perMs * stepMs);
    dirtyBytes = Math.min(world.imageBytes, dirtyBytes + (world.dirtyRate(nowMs) * stepMs) / 1000);
    nowMs += stepMs;
    if (nowMs - sampled.atMs >= BandwidthMeter.sampleMs) sample();
  }
  if (nowMs > sampled.atMs) sample();
  return { endedAtMs: nowMs, remainingBytes: dirtyBytes };
}
