import type { MigrationRequest } from '@godwit/agent';
import { ImageMaps } from '@godwit/image';
import { beforeEach, describe, expect, it } from 'vitest';
import { Convergence } from './convergence.js';
import { MigrationMeter } from './meter.js';

const BLOCK = 4096;
const REQUEST: MigrationRequest = {
  images: ['disk'],
  destination: 'there:7400',
  mode: 'live',
  downtimeLimitMs: 50,
  verify: 'full',
  maxRounds: 5,
  timeoutMs: 3_600_000,
  onStall: 'abort',
  cutover: 'auto',
  patienceMs: 0,
  seed: false,
};

let maps: ImageMaps;
let meter: MigrationMeter;
let costs = { rttMs: 0, persistMs: 0 };
beforeEach(() => {
  maps = ImageMaps.create(1000 * BLOCK, BLOCK);
  meter = new MigrationMeter([maps], 'full');
  meter.bandwidth.sample(BLOCK * 1000, 1000);
  costs = { rttMs: 0, persistMs: 0 };
});

const make = (changes: Partial<MigrationRequest> = {}): Convergence =>
  new Convergence({ ...REQUEST, ...changes }, meter, () => costs);

describe('what the policy is told', () => {
  it('is that the destination is ready once it has written a round back', () => {
    const convergence = make();
    expect(convergence.roundEnded().action).toBe('continue');
    convergence.synced(1);
    expect(convergence.roundEnded().action).toBe('switch');
  });

  it('is the dirty bytes at the observed bandwidth and wire ratio', () => {
    const convergence = make();
    convergence.synced(0);
    maps.dirty.setRange(0, 40);
    // The first round says little of the next; a second one that leaves as much will do.
    expect(convergence.roundEnded()).toMatchObject({ action: 'continue', expectedDowntimeMs: 40 });
    expect(convergence.roundEnded()).toMatchObject({ action: 'switch', expectedDowntimeMs: 40 });
    maps.dirty.setRange(0, 60);
    expect(convergence.roundEnded()).toMatchObject({ action: 'continue', expectedDowntimeMs: 60 });
    expect(meter.expectedDowntimeMs).toBe(60);
  });

  it('is what is unproven, unless nothing is to be proven', () => {
    maps.unproven.setRange(0, 500);
    meter.addCheck(BLOCK * 1000, 1000);
    const full = make();
    full.synced(0);
    expect(full.roundEnded()).toMatchObject({ action: 'continue', expectedDowntimeMs: 500 });
  });

  it('is the round trips, the records and the write-back of the pause', () => {
    const convergence = make({ downtimeLimitMs: 1 });
    costs = { rttMs: 2, persistMs: 3 };
    convergence.synced(5);
    maps.dirty.setRange(0, 1);
    // 4 round trips, 3 records, one write-back, one block.
    expect(convergence.roundEnded().expectedDowntimeMs).toBeCloseTo(8 + 9 + 5 + 1, 6);
  });

  it('shows no number that is none', () => {
    meter = new MigrationMeter([maps], 'full');
    maps.dirty.setRange(0, 1);
    const convergence = make();
    convergence.synced(0);
    expect(convergence.roundEnded().expectedDowntimeMs).toBe(Number.POSITIVE_INFINITY);
    expect(meter.expectedDowntimeMs).toBeUndefined();
  });
});

describe('rounds that fail to converge', () => {
  it('are counted, and forgotten while an operator is waited for', () => {
    const convergence = make();
    convergence.synced(0);
    maps.dirty.setRange(0, 900);
    for (let round = 1; round < 5; round++) expect(convergence.roundEnded().action).toBe('continue');
    convergence.forgetRounds();
    for (let round = 1; round < 5; round++) expect(convergence.roundEnded().action).toBe('continue');
    expect(convergence.roundEnded()).toMatchObject({ action: 'abort', reason: 'max-rounds' });
  });

  it('are explained with the pause that would have been', () => {
    const convergence = make();
    convergence.synced(0);
    maps.dirty.setRange(0, 900);
    convergence.roundEnded();
    const error = convergence.noConvergence('max-rounds');
    expect(error.code).toBe('E_NO_CONVERGE');
    expect(error.message).toContain('900 ms');
    expect(error.message).toContain('50 ms');
  });
});

describe('a freeze', () => {
  it('is given up when it found a burst, and kept when it found about what was expected', () => {
    const convergence = make();
    convergence.synced(0);
    maps.dirty.setRange(0, 100);
    expect(convergence.isStillWorthIt()).toBe(true);
    maps.dirty.setRange(0, 101);
    expect(convergence.isStillWorthIt()).toBe(false);
  });

  it('of an image that nobody writes is not given up for what every pause costs, or it would be for ever', () => {
    costs = { rttMs: 100, persistMs: 100 };
    const convergence = make();
    convergence.synced(100);
    convergence.roundEnded();
    expect(convergence.roundEnded().action).toBe('switch');
    expect(convergence.isStillWorthIt()).toBe(true);
  });
});
