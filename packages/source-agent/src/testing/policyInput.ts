import type { PolicyInput, PolicyLimits } from '../policy/decide.js';

export const MEBIBYTE = 1024 * 1024;

export const LIMITS_OF_TESTS: PolicyLimits = {
  downtimeLimitMs: 50,
  maxRounds: 30,
  timeoutMs: 3_600_000,
  stallMs: 40_000,
  onStall: 'abort',
};

export interface InputChanges extends Partial<Omit<PolicyInput, 'limits'>> {
  readonly limits?: Partial<PolicyLimits>;
}

/** A migration at the end of its second round, which left what the first had left: 100 MiB dirty, 100 MiB/s, nothing else to pay; nothing to stop it. */
export function policyInput({ limits, ...changes }: InputChanges = {}): PolicyInput {
  const remainingBytes = changes.remainingBytes ?? 100 * MEBIBYTE;
  return {
    rounds: [
      { endedAtMs: 500, remainingBytes },
      { endedAtMs: 1000, remainingBytes },
    ],
    remainingBytes,
    unprovenBytes: 0,
    bandwidth: steady(100 * MEBIBYTE),
    wireRatio: 1,
    checkBytesPerSec: undefined,
    fixedCostMs: 0,
    destinationReady: true,
    nowMs: 1000,
    ...changes,
    limits: { ...LIMITS_OF_TESTS, ...limits },
  };
}

export function steady(bytesPerSec: number): { smoothedBytesPerSec: number; latestBytesPerSec: number } {
  return { smoothedBytesPerSec: bytesPerSec, latestBytesPerSec: bytesPerSec };
}
