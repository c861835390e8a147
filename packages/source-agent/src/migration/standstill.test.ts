import { ImageMaps } from '@godwit/image';
import { beforeEach, describe, expect, it } from 'vitest';
import { MigrationMeter } from './meter.js';
import { Standstill } from './standstill.js';

const BLOCK = 4096;

let maps: ImageMaps;
let meter: MigrationMeter;
let standstill: Standstill;
let nowMs: number;
let warnings: { phase: string; stillMs: number }[];

beforeEach(() => {
  maps = ImageMaps.create(64 * BLOCK, BLOCK);
  meter = new MigrationMeter([maps], 'full');
  nowMs = 1000;
  warnings = [];
  const logger = { warn: (line: { phase: string; stillMs: number }) => void warnings.push(line) };
  standstill = new Standstill('m', logger as never, meter, () => nowMs);
});

function pass(seconds: number, each: () => void = () => undefined): void {
  for (let second = 0; second < seconds; second++) {
    nowMs += 1000;
    each();
    standstill.look();
  }
}

describe('a migration of which nothing moves', () => {
  it('is warned of after 10 s, and then after twice the time each', () => {
    meter.phase = 'destination writes back';
    maps.dirty.setRange(0, 3);
    pass(100);
    expect(warnings.map(({ stillMs }) => Math.round(stillMs / 10_000))).toEqual([1, 2, 4, 8]);
    expect(warnings[0]).toMatchObject({ migration: 'm', phase: 'destination writes back', dirtyBytes: 3 * BLOCK });
  });

  it('is one again after it has moved', () => {
    pass(15);
    meter.phase = 'verifying';
    pass(15);
    expect(warnings.map(({ phase }) => phase)).toEqual(['connecting', 'verifying']);
  });

  it('is none while blocks arrive or are checked, or a person is waited for', () => {
    maps.inFlight.setRange(0, 60);
    let block = 0;
    pass(50, () => maps.inFlight.clearRange(block++, 1));
    maps.checking.setRange(0, 60);
    meter.scrub.begin();
    block = 0;
    pass(50, () => maps.checking.clearRange(block++, 1));
    expect(warnings).toEqual([]);
    meter.phase = 'waiting for cutover';
    pass(100);
    expect(warnings).toEqual([]);
  });
});
