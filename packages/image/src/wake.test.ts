import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Wake } from './wake.js';

const MEBIBYTE = 1024 ** 2;

/** The stretches that a pass over `offsets` names, in their order. */
function leftBy(offsets: readonly number[], lag?: number): number[] {
  const left: number[] = [];
  const wake = new Wake((offset, length) => {
    expect([offset % length, length]).toEqual([0, 8 * MEBIBYTE]);
    left.push(offset / length);
  }, lag);
  for (const offset of offsets) wake.passed(offset);
  wake.end();
  return left;
}

describe('the wake of a pass', () => {
  it('names a stretch once the pass is in the next one, not before', () => {
    const left: number[] = [];
    const wake = new Wake((offset) => left.push(offset / MEBIBYTE));
    for (let region = 0; region < 8; region++) wake.passed(region * MEBIBYTE);
    expect(left).toEqual([]);
    wake.passed(8 * MEBIBYTE);
    expect(left).toEqual([0]);
    wake.end();
    wake.end();
    expect(left).toEqual([0, 8]);
  });

  it('keeps as many stretches as its lag says, for others that are not as far', () => {
    const left: number[] = [];
    const wake = new Wake((offset) => left.push(offset / MEBIBYTE), 2);
    for (const at of [0, 8, 1, 9, 16]) wake.passed(at * MEBIBYTE);
    expect(left).toEqual([0]);
  });

  it('names each stretch that was passed, and no other one', () => {
    const offsets = fc.array(fc.nat({ max: 2 ** 50 }), { maxLength: 50 });
    fc.assert(
      fc.property(offsets, fc.integer({ min: 1, max: 4 }), (passed, lag) => {
        const stretches = new Set(passed.map((offset) => Math.floor(offset / (8 * MEBIBYTE))));
        expect(new Set(leftBy(passed, lag))).toEqual(stretches);
        const rising = [...passed].sort((one, other) => one - other);
        expect(leftBy(rising, lag)).toEqual([...stretches].sort((one, other) => one - other));
      }),
    );
  });
});
