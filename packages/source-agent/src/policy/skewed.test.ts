import { describe, expect, it } from 'vitest';
import { SkewedMigration, type SkewedResult, type SkewedWorld } from '../testing/skewedMigration.js';

const MEBIBYTE = 1024 * 1024;
/** 256 MiB in blocks of 64 KiB over 25 MiB/s; 9 of 10 writes go to a tenth of the blocks. */
const WORLD: SkewedWorld = {
  seed: 1,
  blocks: 4096,
  bandwidth: 25 * MEBIBYTE,
  writeRate: 12.5 * MEBIBYTE,
  hotShare: 0.1,
  downtimeLimitMs: 300,
  onStall: 'abort',
  maxRounds: 1000,
  defers: true,
  absorbs: true,
};
const BEFORE = { defers: false, absorbs: false };
const SEEDS = [1, 2, 3, 4, 5];

function run(changes: Partial<SkewedWorld>): Promise<SkewedResult> {
  return new SkewedMigration({ ...WORLD, ...changes }).run();
}

/** Bytes sent after the first round for a byte that was written. */
function resending({ laterBytes, uniqueBytes }: SkewedResult): number {
  return laterBytes / uniqueBytes;
}

describe('a skewed workload', () => {
  for (const [share, atMost] of [
    [0.1, 1],
    [0.3, 1],
    [0.5, 1.15],
  ] as const) {
    it(`that writes ${share} of what the wire carries is sent at most ${atMost} times`, async () => {
      for (const seed of SEEDS) {
        const writeRate = share * WORLD.bandwidth;
        const now = await run({ seed, writeRate });
        const before = await run({ seed, writeRate, ...BEFORE });
        expect(now).toMatchObject({ ended: 'switch', lost: 0 });
        expect(before).toMatchObject({ ended: 'switch', lost: 0 });
        expect(resending(now)).toBeLessThan(atMost);
        expect(resending(now)).toBeLessThan(0.8 * resending(before));
      }
    });
  }

  it('is sent at most 1.1 times also when it writes as fast as the wire carries, if the pause has room for the hot blocks', async () => {
    for (const seed of SEEDS) {
      const writeRate = WORLD.bandwidth;
      const now = await run({ seed, writeRate, downtimeLimitMs: 2000 });
      const before = await run({ seed, writeRate, downtimeLimitMs: 2000, ...BEFORE });
      expect(now).toMatchObject({ ended: 'switch', lost: 0 });
      expect(resending(now)).toBeLessThan(1.1);
      expect(resending(before)).toBeGreaterThan(1.4);
    }
  });
});

describe('deferral', () => {
  it('leaves no more for the pause than its budget, and switches within the limit', async () => {
    for (const seed of SEEDS) {
      for (const downtimeLimitMs of [50, 300, 2000]) {
        const result = await run({ seed, downtimeLimitMs });
        expect(result).toMatchObject({ ended: 'switch', lost: 0 });
        expect(result.deferredBytes.at(-1)).toBeLessThanOrEqual(result.budgetBytes.at(-1) ?? 0);
        expect(result.pauseBytes / WORLD.bandwidth).toBeLessThanOrEqual(downtimeLimitMs / 1000);
      }
    }
  });

  it('takes no more rounds where the wire is far faster than the workload', async () => {
    for (const seed of SEEDS) {
      const calm = { seed, writeRate: MEBIBYTE / 4, downtimeLimitMs: 50 };
      const now = await run(calm);
      const before = await run({ ...calm, ...BEFORE });
      expect(now.ended).toBe('switch');
      expect(now.rounds).toBeLessThanOrEqual(before.rounds);
    }
  });
});
