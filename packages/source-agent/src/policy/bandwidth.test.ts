import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BandwidthMeter } from './bandwidth.js';

const MEBIBYTE = 1024 * 1024;

function fed(...samples: readonly (readonly [bytes: number, durationMs: number])[]): BandwidthMeter {
  const meter = new BandwidthMeter();
  for (const [bytes, durationMs] of samples) meter.sample(bytes, durationMs);
  return meter;
}

const smoothed = (meter: BandwidthMeter): number => meter.estimate()?.smoothedBytesPerSec ?? Number.NaN;
const latest = (meter: BandwidthMeter): number => meter.estimate()?.latestBytesPerSec ?? Number.NaN;

describe('the bandwidth', () => {
  it('is unknown before the first sample', () => {
    expect(new BandwidthMeter().estimate()).toBeUndefined();
    expect(fed([100, 0], [-1, 400]).estimate()).toBeUndefined();
  });

  it('is the first sample, then 0.6 of the past and 0.4 of the new, for 400 ms', () => {
    expect(smoothed(fed([40_000, 400]))).toBeCloseTo(100_000, 6);
    expect(smoothed(fed([40_000, 400], [400_000, 400]))).toBeCloseTo(0.6 * 100_000 + 0.4 * 1_000_000, 6);
  });

  it('weighs a sample of more than 400 ms as one of 400 ms', () => {
    expect(smoothed(fed([40_000, 400], [4_000_000, 4000]))).toBeCloseTo(0.6 * 100_000 + 0.4 * 1_000_000, 6);
  });

  it('weighs many short samples of one rate as one long', () => {
    const property = fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.nat(10_000 * MEBIBYTE),
      fc.nat(10_000 * MEBIBYTE),
      (pieces, past, rate) => {
        const long = fed([past * 0.4, 400], [rate * 0.4, 400]);
        const durationMs = 400 / pieces;
        const short = fed([past * 0.4, 400]);
        for (let piece = 0; piece < pieces; piece++) short.sample((rate * durationMs) / 1000, durationMs);
        expect(smoothed(short)).toBeCloseTo(smoothed(long), 2);
      },
    );
    fc.assert(property);
  });

  it('stays between the lowest and the highest rate it was given', () => {
    const sample = fc.tuple(fc.nat(1e9), fc.integer({ min: 1, max: 2000 }));
    const property = fc.property(fc.array(sample, { minLength: 1, maxLength: 30 }), (samples) => {
      const rates = samples.map(([bytes, durationMs]) => (bytes / durationMs) * 1000);
      const meter = fed(...samples);
      for (const value of [smoothed(meter), latest(meter)]) {
        expect(value).toBeGreaterThanOrEqual(Math.min(...rates) * (1 - 1e-9));
        expect(value).toBeLessThanOrEqual(Math.max(...rates) * (1 + 1e-9));
      }
    });
    fc.assert(property);
  });

  it('shows a collapse at once in the latest sample', () => {
    const meter = fed([40 * MEBIBYTE, 400], [0, 400]);
    expect(latest(meter)).toBe(0);
    expect(smoothed(meter)).toBeCloseTo(60 * MEBIBYTE, 3);
  });

  it('does not take an instant for the link as it is now', () => {
    const meter = fed([40 * MEBIBYTE, 400], [MEBIBYTE, 1]);
    expect(latest(meter)).toBeCloseTo(100 * MEBIBYTE, 3);
  });

  it('recovers from one slow sample though all later rounds are short', () => {
    const meter = fed([1, 400]);
    for (let round = 0; round < 100; round++) meter.sample(5 * MEBIBYTE, 50);
    expect(smoothed(meter)).toBeGreaterThan(99 * MEBIBYTE);
    expect(latest(meter)).toBeGreaterThan(99 * MEBIBYTE);
  });
});
