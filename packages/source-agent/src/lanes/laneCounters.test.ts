import { expect, it } from 'vitest';
import { LaneCounters } from './laneCounters.js';

it('adds up what the lanes count, each name by itself, through the memory that they share', () => {
  const seen = [new LaneCounters(), new LaneCounters()];
  const [first, second] = seen.map(({ buffer }) => new LaneCounters(buffer));
  const more = 2 ** 40;
  first?.add('wireBytes', more);
  first?.add('wireBytes', 1);
  second?.add('wireBytes', more);
  second?.add('checkedBytes', 7);
  first?.add('lz4Bytes', 3);
  const totals = LaneCounters.zero();
  for (const lane of seen) lane.addTo(totals);
  const expected = { ...LaneCounters.zero(), wireBytes: 2 * more + 1, checkedBytes: 7, lz4Bytes: 3 };
  expect(totals).toEqual(expected);
});
