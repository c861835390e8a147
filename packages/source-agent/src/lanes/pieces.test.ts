import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runsOf } from '../testing/mixedImage.js';
import { scratchImages } from '../testing/scratchImage.js';
import { type BlockRun, LaneImage } from './laneImage.js';
import { PIECE_BYTES, piecesOf, ZeroStretch } from './pieces.js';

const image = scratchImages();
const BLOCKS = [4096, 8192, 65_536, 262_144, 1_048_576];

describe('pieces', () => {
  it.each(BLOCKS)('of blocks of %d bytes cover a run, in order, each of whole blocks', (blockBytes) => {
    const live = image(64 * 1024 * 1024 - 1000, blockBytes);
    const source = new LaneImage(0, live.handle());
    const property = fc.property(fc.nat(live.maps.blocks - 1), fc.nat(), (firstBlock, more) => {
      const blocks = 1 + (more % Math.min(live.maps.blocks - firstBlock, 600));
      const run = source.run(firstBlock, blocks);
      let [block, offset] = [firstBlock, run.offset];
      for (const piece of piecesOf(source, run)) {
        expect([piece.firstBlock, piece.offset]).toEqual([block, offset]);
        expect(piece.blocks).toBeGreaterThan(0);
        expect(piece.length).toBeLessThanOrEqual(Math.max(PIECE_BYTES, blockBytes));
        // The next begins where this one ends, so only the image's last block is short.
        block += piece.blocks;
        offset += piece.length;
      }
      expect([block, offset]).toEqual([firstBlock + blocks, run.offset + run.length]);
    });
    fc.assert(property);
    source.file.closeSync();
  });
});

describe('a stretch of zeros', () => {
  it('joins what is adjacent in one image, and nothing else', async () => {
    const live = [image(4096 * 1000, 4096), image(4096 * 1000 - 5, 4096)];
    const images = live.map((each, index) => new LaneImage(index, each.handle()));
    const runs = fc.array(
      fc.record({ image: fc.nat(1), gap: fc.constantFrom(0, 0, 1, 3), blocks: fc.integer({ min: 1, max: 9 }) }),
      {
        maxLength: 40,
      },
    );
    const property = fc.asyncProperty(runs, async (added) => {
      const put: { image: number; run: BlockRun }[] = [];
      const stretch = new ZeroStretch((of, run) => {
        put.push({ image: of.index, run });
        return Promise.resolve();
      });
      const next = [0, 0];
      const expected: number[][] = [];
      let last = -1;
      for (const { image: index, gap, blocks } of added) {
        const source = images[index];
        if (source === undefined) throw new Error('no image');
        const first = (next[index] ?? 0) + gap;
        next[index] = first + blocks;
        await stretch.add(source, source.run(first, blocks));
        const numbers = Array.from({ length: blocks }, (_, block) => first + block);
        if (index === last && gap === 0) expected.at(-1)?.push(...numbers);
        else expected.push(numbers);
        last = index;
      }
      await stretch.end();
      await stretch.end();
      expect(put.map(({ run }) => [run.firstBlock, run.blocks])).toEqual(
        expected.map((each) => [each[0], each.length]),
      );
      expect(expected.every((each) => runsOf(each) === 1)).toBe(true);
      for (const { image: index, run } of put) expect(run).toEqual(images[index]?.run(run.firstBlock, run.blocks));
    });
    await fc.assert(property);
    for (const { file } of images) file.closeSync();
  });
});
