import type { RoundRecord } from '@godwit/agent';
import { ImageMaps } from '@godwit/image';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { MigrationMeter } from './meter.js';

const BLOCK = 4096;
const BLOCKS = 64;

function round(changes: Partial<RoundRecord>): RoundRecord {
  const none = { round: 1, blocks: 0, bytes: 0, zeroBytes: 0, wireBytes: 0, durationMs: 0, dirtiedBytes: 0, mbps: 0 };
  return { ...none, ...changes };
}

let maps: ImageMaps;
let meter: MigrationMeter;
beforeEach(() => {
  maps = ImageMaps.create(BLOCKS * BLOCK, BLOCK);
  meter = new MigrationMeter([maps], 'full');
});

describe('percent', () => {
  const change = fc.oneof(
    fc.record({
      kind: fc.constantFrom('dirty', 'collect', 'ack', 'prove', 'unprove', 'round', 'lose'),
      block: fc.nat(BLOCKS - 1),
    }),
  );
  const apply: Record<string, (block: number) => void> = {
    dirty: (block) => maps.dirty.setRange(block, 1),
    collect: () => maps.dirty.takeAll((word, bits) => maps.inFlight.orWord(word, bits)),
    ack: (block) => maps.inFlight.clearRange(0, block),
    prove: (block) => maps.unproven.clearRange(0, block),
    unprove: (block) => maps.unproven.setRange(block, 1),
    round: (block) => meter.addRound(round({ durationMs: block, dirtiedBytes: block * BLOCK })),
    lose: () => void maps.restoreInFlight(),
  };

  it('never falls, and is below 100 until the migration has completed', () => {
    const property = fc.property(
      fc.array(change, { maxLength: 80 }),
      fc.constantFrom('full', 'wire'),
      (changes, verify) => {
        maps = ImageMaps.create(BLOCKS * BLOCK, BLOCK);
        meter = new MigrationMeter([maps], verify);
        let last = meter.progress().percent;
        expect(last).toBe(0);
        maps.dirty.setRange(0, BLOCKS);
        maps.unproven.setRange(0, BLOCKS);
        meter.totalBytes = meter.dirtyBytes();
        for (const { kind, block } of changes) {
          apply[kind]?.(block);
          const { percent, total, transferred, remaining } = meter.progress();
          expect(percent).toBeGreaterThanOrEqual(last);
          expect(percent).toBeLessThan(100);
          expect(transferred + remaining).toBe(total);
          expect(transferred).toBeGreaterThanOrEqual(0);
          last = percent;
        }
        meter.completed = true;
        expect(meter.progress()).toMatchObject({ percent: 100, remaining: 0, etaMs: 0 });
      },
    );
    fc.assert(property);
  });

  it('is 99 at most with everything sent and proven, and with an image of no bytes', () => {
    meter.totalBytes = BLOCK;
    expect(meter.progress().percent).toBe(99);
    const empty = new MigrationMeter([ImageMaps.create(0, BLOCK)], 'full');
    empty.addRound(round({}));
    expect(empty.progress().percent).toBe(99);
  });
});

describe('etaMs', () => {
  beforeEach(() => {
    meter.totalBytes = BLOCKS * BLOCK;
    maps.dirty.setRange(0, 10);
    meter.bandwidth.sample(BLOCK * 100, 1000);
  });

  it('is null before anything was acknowledged', () => {
    expect(new MigrationMeter([maps], 'full').progress().etaMs).toBeNull();
  });

  it('is what remains at the speed that is left over', () => {
    expect(meter.progress().etaMs).toBe(100);
    meter.addRound(round({ bytes: BLOCK, wireBytes: BLOCK, durationMs: 1000, dirtiedBytes: BLOCK * 50 }));
    expect(meter.progress().etaMs).toBe(200);
  });

  it('counts raw bytes, of which compression lets more through', () => {
    meter.addRound(round({ bytes: BLOCK * 10, wireBytes: BLOCK, durationMs: 1000, dirtiedBytes: BLOCK * 500 }));
    expect(meter.progress().etaMs).toBe(20);
  });

  it('is null while the workload writes as fast as the link carries, or faster', () => {
    meter.addRound(round({ bytes: BLOCK, wireBytes: BLOCK, durationMs: 1000, dirtiedBytes: BLOCK * 100 }));
    expect(meter.progress().etaMs).toBeNull();
    meter.addRound(round({ bytes: BLOCK, wireBytes: BLOCK, durationMs: 1000, dirtiedBytes: BLOCK * 900 }));
    expect(meter.progress().etaMs).toBeNull();
  });
});

describe('what was verified', () => {
  it('is nothing before the first round was marked, and everything once nothing is unproven', () => {
    expect(meter.verified()).toMatchObject({ mode: 'full', blocks: 0, bytes: 0 });
    meter.hasBegun = true;
    expect(meter.verified()).toMatchObject({ blocks: BLOCKS, bytes: BLOCKS * BLOCK });
    maps.unproven.setRange(0, 3);
    maps.checking.setRange(9, 2);
    expect(meter.verified()).toMatchObject({ blocks: BLOCKS - 5, bytes: (BLOCKS - 5) * BLOCK });
  });

  it('is counted in the blocks of each image', () => {
    const disk = ImageMaps.create(10 * 65_536, 65_536);
    const both = new MigrationMeter([maps, disk], 'full');
    both.hasBegun = true;
    disk.unproven.setRange(0, 2);
    maps.unproven.setRange(0, 1);
    const bytes = (BLOCKS - 1) * BLOCK + 8 * 65_536;
    expect(both.verified()).toMatchObject({ blocks: BLOCKS - 1 + 8, bytes });
  });

  it('is nothing for wire', () => {
    const wire = new MigrationMeter([maps], 'wire');
    wire.hasBegun = true;
    expect(wire.verified()).toMatchObject({ mode: 'wire', blocks: 0, bytes: 0 });
  });
});

describe('the wire ratio', () => {
  it('is that of the last round that sent something, and 1 before', () => {
    expect(meter.wireRatio()).toBe(1);
    meter.addRound(round({ bytes: 1000, wireBytes: 500 }));
    meter.addRound(round({ round: 2 }));
    expect(meter.wireRatio()).toBe(0.5);
  });

  it('is never nothing, so that zeros do not look free', () => {
    meter.addRound(round({ bytes: 2 ** 40, wireBytes: 1 }));
    expect(meter.wireRatio()).toBeGreaterThan(0);
  });
});

describe('rounds', () => {
  it('are kept in bounded number, the first always', () => {
    for (let number = 1; number <= 1200; number++) meter.addRound(round({ round: number, durationMs: 1 }));
    expect(meter.rounds).toHaveLength(1000);
    expect(meter.rounds[0]?.round).toBe(1);
    expect(meter.rounds.at(-1)?.round).toBe(1200);
    expect(meter.roundsDone).toBe(1200);
  });
});
