import { HISTORY_STEPS, ImageMaps } from '@godwit/image';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Segment } from '../policy/deferral.js';
import { blocksOf } from '../testing/mapContents.js';
import { dirtyByHeat, sendInSegments } from './segments.js';

const BLOCK = 65_536;
const BLOCKS = 2100;

const writes = fc.array(fc.record({ block: fc.nat(BLOCKS - 1), advances: fc.nat(2) }), { maxLength: 300 });
const segments = fc.array(
  fc.oneof(fc.constant(Number.POSITIVE_INFINITY), fc.nat(30 * BLOCK)).map((stayBytes): Segment => ({ stayBytes })),
  { minLength: 1, maxLength: 3 },
);

function written(list: readonly { block: number; advances: number }[]): ImageMaps {
  const maps = ImageMaps.create(BLOCKS * BLOCK, BLOCK);
  for (const { block, advances } of list) {
    for (let i = 0; i < advances; i++) maps.history.advance();
    maps.markDirty(block * BLOCK, BLOCK);
  }
  return maps;
}

describe('sendInSegments', () => {
  it('loses nothing: what was dirty is in flight or dirty, with writes between the segments too', async () => {
    const property = fc.asyncProperty(writes, writes, segments, async (before, between, chosen) => {
      const maps = written(before);
      const collected: number[][] = [];
      const send = () => {
        collected.push(blocksOf(maps.inFlight));
        for (const { block } of between) maps.markDirty(block * BLOCK, 1);
        return Promise.resolve();
      };
      const sent = await sendInSegments([{ maps }], 'full', send, () => chosen);
      const all = [...new Set([...before, ...between].map(({ block }) => block))].sort((a, b) => a - b);
      const either = [...new Set([...blocksOf(maps.inFlight), ...blocksOf(maps.dirty)])].sort((a, b) => a - b);
      expect(either).toEqual(all);
      expect(blocksOf(maps.unproven)).toEqual(blocksOf(maps.inFlight));
      expect(collected).toHaveLength(chosen.length);
      expect(sent.deferredBytes).toBeLessThanOrEqual(chosen.at(-1)?.stayBytes ?? 0);
    });
    await fc.assert(property, { numRuns: 100 });
  });

  it('leaves what it says that it left, and a round without a choice takes all of it', async () => {
    const property = fc.asyncProperty(writes, fc.nat(30 * BLOCK), async (list, stayBytes) => {
      const maps = written(list);
      const idle = () => Promise.resolve();
      const sent = await sendInSegments([{ maps }], 'wire', idle, () => [{ stayBytes }]);
      expect(maps.dirty.count() * BLOCK).toBe(sent.deferredBytes);
      const rest = await sendInSegments([{ maps }], 'wire', idle);
      expect(maps.dirty.count()).toBe(0);
      expect(rest.deferredBytes).toBe(0);
      expect(maps.inFlight.count()).toBe(sent.blocks + rest.blocks);
    });
    await fc.assert(property, { numRuns: 100 });
  });

  it('hands the dirty bytes of all images to the choice, by heat', async () => {
    const one = written([{ block: 3, advances: 0 }]);
    const two = written([
      { block: 7, advances: 0 },
      { block: 7, advances: 1 },
      { block: 2099, advances: 1 },
    ]);
    const expected = [0, 2 * BLOCK, BLOCK, ...Array.from({ length: HISTORY_STEPS - 2 }, () => 0)];
    expect(await dirtyByHeat([{ maps: one }, { maps: two }])).toEqual(expected);
    expect(blocksOf(two.dirty)).toEqual([7, 2099]);
  });
});
