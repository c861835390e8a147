import { describe, expect, it } from 'vitest';
import { LaneGrowth } from './laneGrowth.js';

/** Lanes in the end, where so many of them reach so much together. */
function lanesOf(rateOf: (lanes: number) => number, maximum = 8): number {
  const growth = new LaneGrowth(2, maximum);
  let lanes = 2;
  for (let sample = 0; sample < 100; sample++) if (growth.sample(rateOf(lanes))) lanes += 1;
  expect(growth.isOver).toBe(true);
  return lanes;
}

describe('the number of lanes', () => {
  it('grows while each brings what the others do, up to its maximum', () => {
    expect(lanesOf((lanes) => lanes * 1e6)).toBe(8);
    expect(lanesOf((lanes) => lanes * 1e6, 4)).toBe(4);
  });

  it('grows by one that does not help at most', () => {
    expect(lanesOf(() => 1e9)).toBe(3);
    expect(lanesOf((lanes) => Math.min(lanes, 4) * 1e6)).toBe(5);
  });

  it('is left where it is once it was stopped, or stands at its maximum', () => {
    const growth = new LaneGrowth(2, 8);
    growth.stop();
    expect([1, 2, 3, 4, 5].map((rate) => growth.sample(rate))).toEqual([false, false, false, false, false]);
    expect(new LaneGrowth(8, 8).isOver).toBe(true);
  });
});
