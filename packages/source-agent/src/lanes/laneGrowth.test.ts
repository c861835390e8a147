import { describe, expect, it } from 'vitest';
import { LaneGrowth } from './laneGrowth.js';

/** Lanes in the end, where so many of them reach so much together. */
function lanesOf(rateOf: (lanes: number) => number, maximum = 8): number {
  const growth = new LaneGrowth(2, maximum);
  let lanes = 2;
  for (let sample = 0; sample < 100; sample++) if (growth.sample(rateOf(lanes), 1)) lanes += 1;
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

  it('waits for a processor that could run one more', () => {
    const growth = new LaneGrowth(1, 8);
    const sample = (idle: number) => [1, 2, 3].map(() => growth.sample(1e9, idle));
    expect([...sample(0.1), ...sample(0.4)]).not.toContain(true);
    expect(growth.isOver).toBe(false);
    expect(sample(0.6)).toContain(true);
  });

  it('is left where it is once it was stopped, or stands at its maximum', () => {
    const growth = new LaneGrowth(2, 8);
    growth.stop();
    expect([1, 2, 3, 4, 5].map((rate) => growth.sample(rate, 1))).toEqual([false, false, false, false, false]);
    expect(new LaneGrowth(8, 8).isOver).toBe(true);
  });
});
