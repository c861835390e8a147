import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { ImageMaps } from '@godwit/image';
import { hasNative } from '@godwit/native';
import type { BlockExtent } from '@godwit/nbd';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocation, dirtiness } from './blockStatus.js';
import { BLOCK_BYTES, scratchImage } from './testing/scratchImage.js';

const BLOCKS = 150;
const SIZE = BLOCKS * BLOCK_BYTES - 7;

/** The answer byte by byte of block flags, put together from blocks. */
function expected(flagOf: (block: number) => number, offset: number, length: number, maximum: number): BlockExtent[] {
  const extents: BlockExtent[] = [];
  for (let at = offset; at < offset + length; ) {
    const flags = flagOf(Math.floor(at / BLOCK_BYTES));
    const stop = Math.min(offset + length, (Math.floor(at / BLOCK_BYTES) + 1) * BLOCK_BYTES);
    const last = extents.at(-1);
    if (last?.flags === flags) extents[extents.length - 1] = { flags, length: last.length + stop - at };
    else if (extents.length === maximum) break;
    else extents.push({ flags, length: stop - at });
    at = stop;
  }
  return extents;
}

describe('what is dirty', () => {
  it('is shown as joined runs of blocks that are dirty or in flight, from any byte to any byte', () => {
    const runs = fc.array(fc.tuple(fc.nat(BLOCKS - 1), fc.integer({ min: 1, max: 70 })), { maxLength: 6 });
    const property = fc.property(
      runs,
      runs,
      fc.nat(SIZE - 1),
      fc.nat(SIZE),
      fc.integer({ min: 1, max: 5 }),
      (...given) => {
        const [dirty, inFlight, offset, wanted, maximum] = given;
        const maps = ImageMaps.create(SIZE, BLOCK_BYTES);
        for (const [first, count] of dirty) maps.dirty.setRange(first, Math.min(count, BLOCKS - first));
        for (const [first, count] of inFlight) maps.inFlight.setRange(first, Math.min(count, BLOCKS - first));
        const length = Math.max(1, Math.min(wanted, SIZE - offset));
        const flagOf = (block: number) => (maps.dirty.has(block) || maps.inFlight.has(block) ? 1 : 0);
        expect(dirtiness(maps, offset, length, maximum)).toEqual(expected(flagOf, offset, length, maximum));
      },
    );
    fc.assert(property);
  });

  it('is found in an image of terabytes', () => {
    const size = 5 * 1024 ** 4;
    const maps = ImageMaps.create(size, 64 * 1024);
    const offset = size - 4 * 1024 ** 3;
    maps.dirty.setRange(size / (64 * 1024) - 2, 1);
    expect(dirtiness(maps, offset, 4 * 1024 ** 3, 10)).toEqual([
      { length: 4 * 1024 ** 3 - 128 * 1024, flags: 0 },
      { length: 64 * 1024, flags: 1 },
      { length: 64 * 1024, flags: 0 },
    ]);
  });
});

describe('what is allocated', () => {
  it('is what the file system says, at most so many runs', () => {
    const { file } = scratchImage('vm', 1024 ** 2);
    const fd = openSync(file.path, 'r+');
    ftruncateSync(fd, 0);
    ftruncateSync(fd, 1024 ** 2);
    for (const block of [3, 4, 10]) writeSync(fd, Buffer.alloc(BLOCK_BYTES, 1), 0, BLOCK_BYTES, block * BLOCK_BYTES);
    closeSync(fd);
    if (!hasNative) {
      expect(allocation(file, 5, 1000, 9)).toEqual([{ length: 1000, flags: 0 }]);
      return;
    }
    const all = allocation(file, 5, 12 * BLOCK_BYTES, 9);
    expect(all).toEqual([
      { length: 3 * BLOCK_BYTES - 5, flags: 3 },
      { length: 2 * BLOCK_BYTES, flags: 0 },
      { length: 5 * BLOCK_BYTES, flags: 3 },
      { length: BLOCK_BYTES, flags: 0 },
      { length: BLOCK_BYTES + 5, flags: 3 },
    ]);
    expect(allocation(file, 5, 12 * BLOCK_BYTES, 2)).toEqual(all.slice(0, 2));
    expect(allocation(file, 3 * BLOCK_BYTES + 1, 10, 2)).toEqual([{ length: 10, flags: 0 }]);
  });
});
