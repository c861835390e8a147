import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { blocksOf, regionsHolding, regionsOf } from '../testing/mapContents.js';
import { scratchImages } from '../testing/scratchImage.js';
import { markAllocated } from './allocated.js';
import { planCheck, planRound } from './plan.js';
import { type WorkItem, WorkItems } from './workList.js';

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;
const BLOCK_SIZES = [4, 32, 64, 128, 1024].map((kibibytes) => kibibytes * KIBIBYTE);
const image = scratchImages();
const page = Buffer.alloc(4096, 'd');

/** Blocks to set, as numbers that are folded into the image. */
const anyBlocks = fc.uniqueArray(fc.nat(2 ** 20), { maxLength: 60 });
const fold = (numbers: readonly number[], blocks: number): number[] =>
  [...new Set(numbers.map((number) => number % blocks))].sort((a, b) => a - b);

/** Neighbours that are both holes are one item. */
function expectHolesMerged(items: readonly WorkItem[]): void {
  for (const [index, item] of items.entries()) {
    const before = items[index - 1];
    if (before === undefined || before.firstRegion + before.regions !== item.firstRegion) continue;
    expect(before.hole && item.hole, `items ${index - 1} and ${index}`).toBe(false);
  }
}

describe('planRound', () => {
  it.each(BLOCK_SIZES)(
    'moves exactly the dirty bits to in-flight and covers exactly their regions: blocks of %d',
    async (blockBytes) => {
      const live = image(37 * MEBIBYTE + 4097, blockBytes);
      const { maps } = live;
      const property = fc.asyncProperty(anyBlocks, fc.constantFrom('full', 'wire'), async (numbers, verify) => {
        maps.inFlight.takeAll(() => undefined);
        maps.unproven.takeAll(() => undefined);
        const dirty = fold(numbers, maps.blocks);
        for (const block of dirty) maps.dirty.setRange(block, 1);
        const plan = await planRound([live], verify);
        expect(blocksOf(maps.dirty)).toEqual([]);
        expect(blocksOf(maps.inFlight)).toEqual(dirty);
        expect(blocksOf(maps.unproven)).toEqual(verify === 'full' ? dirty : []);
        expect(plan.blocks).toBe(dirty.length);
        expect(regionsOf(plan.items)).toEqual(regionsHolding(dirty, blockBytes));
        expect([...plan.items].every((item) => !item.hole)).toBe(true);
      });
      await fc.assert(property, { numRuns: 60 });
    },
  );

  it('adds to what is in flight and unproven already', async () => {
    const { maps } = image(MEBIBYTE, 4096);
    maps.inFlight.setRange(3, 1);
    maps.unproven.setRange(4, 1);
    maps.dirty.setRange(5, 1);
    await planRound([{ maps }], 'full');
    expect(blocksOf(maps.inFlight)).toEqual([3, 5]);
    expect(blocksOf(maps.unproven)).toEqual([4, 5]);
  });

  it('plans each image for itself, in their order', async () => {
    const one = image(3 * MEBIBYTE, 4096);
    const two = image(5 * MEBIBYTE, 1024 * KIBIBYTE);
    one.maps.markDirty(2 * MEBIBYTE, 1);
    two.maps.markDirty(2 * MEBIBYTE, 3 * MEBIBYTE);
    const { items, blocks } = await planRound([one, two], 'full');
    expect([...items].map(({ image: index, firstRegion }) => [index, firstRegion])).toEqual([
      [0, 2],
      [1, 2],
      [1, 3],
      [1, 4],
    ]);
    expect(blocks).toBe(4);
  });

  it('has nothing to plan for an image of no bytes', async () => {
    const empty = image(0, 4096);
    await markAllocated(empty, { verify: 'full', isHeld: false });
    expect(await planRound([empty], 'full')).toEqual({ items: new WorkItems(), blocks: 0 });
    expect(await planCheck([empty])).toEqual({ items: new WorkItems(), blocks: 0 });
  });

  it('gives the thread back in the middle of a big map, and takes what is set behind it meanwhile', async () => {
    const big = image(2 ** 32, 4096);
    const half = 2 ** 19;
    big.maps.dirty.setRange(0, half);
    const planning = planRound([big], 'wire');
    // The first turn is over, the rest has not begun: a write behind it travels now, one in front of it next time.
    expect(big.maps.inFlight.count()).toBeGreaterThan(0);
    expect(big.maps.inFlight.count()).toBeLessThan(half);
    big.maps.dirty.setRange(7, 1);
    big.maps.dirty.setRange(2 * half - 1, 1);
    const plan = await planning;
    expect(plan.blocks).toBe(half + 1);
    expect(big.maps.inFlight.has(2 * half - 1)).toBe(true);
    expect(blocksOf(big.maps.dirty)).toEqual([7]);
  });

  it('looks at what is dirty of 4 TiB in blocks of 4 KiB, and at nothing else', async () => {
    const { maps } = image(4 * 1024 ** 4, 4096);
    const dirty = Array.from({ length: 100 }, (_, index) => index * 10_700_000);
    for (const block of dirty) maps.dirty.setRange(block, 1);
    const asked = vi.spyOn(maps.dirty, 'takeSome');
    const plan = await planRound([{ maps }], 'full');
    expect([plan.items.length, plan.blocks]).toEqual([100, 100]);
    expect(asked.mock.calls.map(([slice]) => slice)).toEqual(dirty.map((block) => Math.floor(block / 1024)));
  });
});

describe('markAllocated', () => {
  it.each(BLOCK_SIZES)('marks every block that has data and none that has not: blocks of %d', async (blockBytes) => {
    const pages = fc.uniqueArray(fc.nat(5 * 256 - 1), { maxLength: 20 });
    const size = 5 * MEBIBYTE + 100;
    const property = fc.asyncProperty(pages, fc.constantFrom('full', 'wire'), async (numbers, verify) => {
      const live = image(
        size,
        blockBytes,
        numbers.map((number) => ({ offset: number * 4096, bytes: page })),
      );
      await markAllocated(live, { verify, isHeld: false });
      const expected = [...new Set(numbers.map((number) => Math.floor((number * 4096) / blockBytes)))].sort(
        (a, b) => a - b,
      );
      expect(blocksOf(live.maps.dirty)).toEqual(expected);
      expect(live.maps.unprovenBlocks()).toBe(verify === 'full' ? live.maps.blocks : 0);
      live.file.closeSync();
    });
    await fc.assert(property, { numRuns: 25 });
  });

  it('marks the short last block', async () => {
    const live = image(2 * MEBIBYTE + 100, 64 * KIBIBYTE, [{ offset: 2 * MEBIBYTE + 99, bytes: Buffer.from('x') }]);
    await markAllocated(live, { verify: 'full', isHeld: false });
    expect(blocksOf(live.maps.dirty)).toEqual([32]);
  });
});

describe('long holes', () => {
  const far = 3 * 1024 ** 4;
  const pieces = [20, far].map((offset) => ({ offset, bytes: page }));
  const blocksInRegions = (items: Iterable<WorkItem>) =>
    [...items].filter(({ hole }) => hole).reduce((sum, { regions }) => sum + regions * 256, 0);

  it.each(BLOCK_SIZES)('have no bits, and are unproven all the same: blocks of %d', async (blockBytes) => {
    const live = image(far + 5 * MEBIBYTE + 100, blockBytes, pieces);
    await markAllocated(live, { verify: 'full', isHeld: false });
    const { maps } = live;
    expect(maps.unprovenBlocks()).toBe(maps.blocks);
    // Both regions with data, and the short hole behind the second.
    expect(maps.unproven.count()).toBeLessThanOrEqual(Math.ceil((7 * MEBIBYTE + 100) / blockBytes));
  });

  it('are planned as holes of bounded length, without a bit', async () => {
    const live = image(far + MEBIBYTE, 4096, pieces);
    await markAllocated(live, { verify: 'full', isHeld: false });
    await planRound([live], 'full');
    const { items } = await planCheck([live]);
    expect(blocksInRegions(items)).toBe((far - MEBIBYTE) / 4096);
    expect(Math.max(...[...items].map(({ regions }) => regions))).toBe(4096);
    expect(live.maps.checking.count()).toBe(512);
    expect([live.maps.unprovenBlocks(), live.maps.checkingBlocks()]).toEqual([0, live.maps.blocks]);
    live.maps.holes.proven();
    expect(live.maps.checkingBlocks()).toBe(512);
  });

  it('are planned anew when a check ended early', async () => {
    const live = image(far + MEBIBYTE, 4096, pieces);
    await markAllocated(live, { verify: 'full', isHeld: false });
    const first = await planCheck([live]);
    await live.maps.restoreInFlight();
    const second = await planCheck([live]);
    expect([...second.items]).toEqual([...first.items]);
  });

  it('that have data by the time of the check are planned as data there, whoever wrote it', async () => {
    const live = image(far, 64 * KIBIBYTE);
    await markAllocated(live, { verify: 'full', isHeld: false });
    const around = 1024 * MEBIBYTE + 5;
    live.file.writeSync(page, around);
    await live.write(2048 * MEBIBYTE, page);
    const { items } = await planCheck([live]);
    const data = [...items].filter(({ hole }) => !hole);
    // The block that a write of ours marked dirty is sent first; the rest of its region is checked now.
    expect(data.map(({ firstRegion, regions }) => [firstRegion, regions])).toEqual([
      [1024, 1],
      [2048, 1],
    ]);
    expect(live.maps.checking.has(Math.floor(around / (64 * KIBIBYTE)))).toBe(true);
    expect(live.maps.checking.has((2048 * MEBIBYTE) / (64 * KIBIBYTE))).toBe(false);
  });

  it('of a file with much data are found in a thread of its own', async () => {
    const size = far + 3 * MEBIBYTE;
    const [here, there] = [image(size, 64 * KIBIBYTE, pieces), image(size, 64 * KIBIBYTE, pieces)];
    // As if it had: the question is only where the work is done.
    vi.spyOn(there.file, 'allocatedBytes').mockReturnValue(2 * 1024 ** 3);
    for (const live of [here, there]) await markAllocated(live, { verify: 'full', isHeld: false });
    for (const map of ['dirty', 'unproven'] as const)
      expect(blocksOf(there.maps[map])).toEqual(blocksOf(here.maps[map]));
    expect(there.maps.holes.take()).toEqual(here.maps.holes.take());
  });

  it('of an earlier migration are forgotten', async () => {
    const live = image(64 * MEBIBYTE, 4096);
    await markAllocated(live, { verify: 'full', isHeld: false });
    await markAllocated(live, { verify: 'full', isHeld: false });
    expect(live.maps.unprovenBlocks()).toBe(live.maps.blocks);
  });
});

describe('planCheck', () => {
  it.each(BLOCK_SIZES)('leaves dirty blocks out, takes all others: blocks of %d', async (blockBytes) => {
    const live = image(37 * MEBIBYTE + 4097, blockBytes);
    const { maps } = live;
    const property = fc.asyncProperty(anyBlocks, anyBlocks, async (forUnproven, forDirty) => {
      for (const map of [maps.checking, maps.dirty]) map.takeAll(() => undefined);
      const unproven = fold(forUnproven, maps.blocks);
      const dirty = fold(forDirty, maps.blocks);
      for (const block of unproven) maps.unproven.setRange(block, 1);
      for (const block of dirty) maps.dirty.setRange(block, 1);
      const plan = await planCheck([live]);
      const wanted = unproven.filter((block) => !dirty.includes(block));
      expect(blocksOf(maps.checking)).toEqual(wanted);
      expect(blocksOf(maps.unproven)).toEqual([]);
      expect(blocksOf(maps.dirty)).toEqual(dirty);
      expect(plan.blocks).toBe(wanted.length);
      expect(regionsOf(plan.items)).toEqual(regionsHolding(wanted, blockBytes));
    });
    await fc.assert(property, { numRuns: 60 });
  });

  it('a block that was left out for being dirty is unproven again once it has been collected', async () => {
    const live = image(MEBIBYTE, 4096);
    live.maps.unproven.setRange(0, 256);
    live.maps.dirty.setRange(9, 1);
    await planCheck([live]);
    await planRound([live], 'full');
    expect(blocksOf(live.maps.unproven)).toEqual([9]);
  });

  it.each(BLOCK_SIZES)(
    'says hole of no region with data, and of every region without: blocks of %d',
    async (blockBytes) => {
      const regions = 12;
      const pages = fc.uniqueArray(fc.nat(regions * 256 - 1), { maxLength: 12 });
      const property = fc.asyncProperty(pages, anyBlocks, async (numbers, forUnproven) => {
        const size = regions * MEBIBYTE - 4096;
        const inside = numbers.filter((number) => number * 4096 < size);
        const live = image(
          size,
          blockBytes,
          inside.map((number) => ({ offset: number * 4096, bytes: page })),
        );
        for (const block of fold(forUnproven, live.maps.blocks)) live.maps.unproven.setRange(block, 1);
        const { items } = await planCheck([live]);
        const withData = new Set(inside.map((number) => Math.floor(number / 256)));
        for (const item of items) {
          for (const region of regionsOf([item])) expect(item.hole, `region ${region}`).toBe(!withData.has(region));
          if (!item.hole) expect(item.regions).toBe(1);
        }
        expectHolesMerged([...items]);
        live.file.closeSync();
      });
      await fc.assert(property, { numRuns: 30 });
    },
  );

  it('cuts a huge hole into items that still show progress', async () => {
    const live = image(18 * 1024 * MEBIBYTE, 1024 * KIBIBYTE);
    await markAllocated(live, { verify: 'full', isHeld: false });
    const { items } = await planCheck([live]);
    expect([...items].map(({ firstRegion, regions, hole }) => [firstRegion, regions, hole])).toEqual([
      [0, 4096, true],
      [4096, 4096, true],
      [8192, 4096, true],
      [12_288, 4096, true],
      [16_384, 2048, true],
    ]);
  });
});
