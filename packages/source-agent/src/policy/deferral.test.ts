import { HISTORY_STEPS } from '@godwit/image';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Cut, HOT_STEPS, hotBytes, segmentsOf, total } from './deferral.js';

const BLOCK = 64;
const heats = fc.array(fc.nat(HISTORY_STEPS), { maxLength: 200 });
const countOf = (blocks: readonly number[]): number[] =>
  Array.from({ length: HISTORY_STEPS + 1 }, (_, heat) => BLOCK * blocks.filter((of) => of === heat).length);

describe('what stays', () => {
  it('is hot, never over the budget, and the hottest there is', () => {
    const property = fc.property(heats, fc.nat(200 * BLOCK), (blocks, stayBytes) => {
      const cut = new Cut(countOf(blocks), { stayBytes });
      const stays = blocks.map((heat) => cut.stays(heat, BLOCK));
      const stayed = blocks.filter((_, index) => stays[index]);
      const travelled = blocks.filter((_, index) => !stays[index]);
      expect(cut.stayingBytes).toBe(stayed.length * BLOCK);
      expect(cut.stayingBytes).toBeLessThanOrEqual(stayBytes);
      expect(Math.min(...stayed, HISTORY_STEPS)).toBeGreaterThanOrEqual(HOT_STEPS);
      expect(Math.max(...travelled, 0)).toBeLessThanOrEqual(Math.max(HOT_STEPS - 1, Math.min(...stayed, Infinity)));
      // As many as there is room for.
      const hot = blocks.filter((heat) => heat >= HOT_STEPS).length;
      expect(stayed.length).toBe(Math.min(hot, Math.floor(stayBytes / BLOCK)));
    });
    fc.assert(property);
  });

  it('is within the budget also when blocks have become hotter since they were counted', () => {
    const property = fc.property(heats, heats, fc.nat(50 * BLOCK), (counted, found, stayBytes) => {
      const cut = new Cut(countOf(counted), { stayBytes });
      for (const heat of found) cut.stays(heat, BLOCK);
      expect(cut.stayingBytes).toBeLessThanOrEqual(stayBytes);
    });
    fc.assert(property);
  });

  it('is every hot block where nothing limits it', () => {
    const cut = new Cut(countOf([2, 8, 1]), { stayBytes: Number.POSITIVE_INFINITY });
    expect([2, 8, 1, 0].map((heat) => cut.stays(heat, BLOCK))).toEqual([true, true, false, false]);
  });
});

describe('the segments of a round', () => {
  const byHeat = (cold: number, hot: number) => [cold / 2, cold / 2, hot, 0, 0, 0, 0, 0, 0];
  const round = { budgetBytes: 100, bytesPerSec: 1000 };

  it('are one with everything when nothing is hot', () => {
    expect(segmentsOf({ ...round, dirty: byHeat(9000, 0) })).toEqual([{ stayBytes: 0 }]);
  });

  it('are one without the hot blocks when the pause has room for them', () => {
    expect(segmentsOf({ ...round, dirty: byHeat(9000, 100) })).toEqual([{ stayBytes: 100 }]);
  });

  it('are the cold blocks, then the hot ones but the hottest, when it has not', () => {
    const coldFirst = [{ stayBytes: Number.POSITIVE_INFINITY }, { stayBytes: 100 }];
    expect(segmentsOf({ ...round, dirty: byHeat(9000, 101) })).toEqual(coldFirst);
  });

  it('are one when the cold blocks take no time', () => {
    expect(segmentsOf({ ...round, dirty: byHeat(48, 101) })).toEqual([{ stayBytes: 100 }]);
    expect(segmentsOf({ ...round, bytesPerSec: undefined, dirty: byHeat(9000, 101) })).toEqual([{ stayBytes: 100 }]);
  });

  it('end with at most the budget left, unless hot blocks are held back', () => {
    const dirty = fc.array(fc.nat(10_000), { minLength: HISTORY_STEPS + 1, maxLength: HISTORY_STEPS + 1 });
    const property = fc.property(dirty, fc.nat(20_000), fc.nat(10_000), (bytes, budgetBytes, bytesPerSec) => {
      const segments = segmentsOf({ dirty: bytes, budgetBytes, bytesPerSec });
      expect(segments.at(-1)?.stayBytes).toBeLessThanOrEqual(budgetBytes);
      expect(hotBytes(bytes)).toBeLessThanOrEqual(total(bytes));
    });
    fc.assert(property);
  });
});
