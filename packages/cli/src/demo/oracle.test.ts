import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashExcluding, mergeRanges, replayAgainst } from './oracle.js';
import { contentOf, STRIPE_BYTES, type WriteRecord } from './writeRecord.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-oracle-'));
  path = join(folder, 'image');
});
afterEach(() => rmSync(folder, { recursive: true }));

const IMAGE_BYTES = 3 * STRIPE_BYTES;
const WRITES: WriteRecord[] = [
  { offset: 4096, length: 8192, seed: 1, afterSwitch: false },
  { offset: 2 * STRIPE_BYTES, length: 4096, seed: 2, afterSwitch: false },
  { offset: 8192, length: 8192, seed: 3, afterSwitch: true },
];

function imageWith(writes: readonly WriteRecord[]): Buffer {
  const image = Buffer.alloc(IMAGE_BYTES, 7);
  for (const { offset, length, seed } of writes) contentOf(seed, length).copy(image, offset);
  return image;
}

describe('the replay', () => {
  it('finds every write, later ones over earlier ones', async () => {
    writeFileSync(path, imageWith(WRITES));
    expect(await replayAgainst(path, WRITES)).toEqual({ writes: 3, bytesCompared: 16_384, firstDifference: undefined });
  });

  it('notices a write that was lost, and an old one that came back', async () => {
    writeFileSync(path, imageWith(WRITES.filter((write) => write.seed !== 2)));
    expect(await replayAgainst(path, WRITES)).toMatchObject({ firstDifference: 2 * STRIPE_BYTES });
    writeFileSync(path, imageWith([...WRITES].reverse()));
    expect((await replayAgainst(path, WRITES)).firstDifference).toBe(8192);
  });

  it('notices a single byte, and a file that ends too early', async () => {
    const image = imageWith(WRITES);
    const at = 2 * STRIPE_BYTES + 4095;
    image[at] = (image[at] ?? 0) ^ 1;
    writeFileSync(path, image);
    expect((await replayAgainst(path, WRITES)).firstDifference).toBe(at);
    writeFileSync(path, image.subarray(0, STRIPE_BYTES));
    expect((await replayAgainst(path, WRITES)).firstDifference).toBeGreaterThanOrEqual(2 * STRIPE_BYTES);
  });
});

describe('the hash without what came later', () => {
  it('merges ranges that touch or overlap', () => {
    const ranges = [
      { offset: 10, length: 5 },
      { offset: 0, length: 4 },
      { offset: 12, length: 1 },
      { offset: 15, length: 5 },
    ];
    expect(mergeRanges(ranges)).toEqual([
      { offset: 0, length: 4 },
      { offset: 10, length: 10 },
    ]);
  });

  it('is equal when files differ in the excluded ranges alone, across the pieces in which it reads', async () => {
    const other = join(folder, 'other');
    const image = Buffer.alloc(9 * 1024 * 1024 + 5, 3);
    writeFileSync(path, image);
    const excluded = [
      { offset: 0, length: 1 },
      { offset: 4 * 1024 * 1024 - 10, length: 5 * 1024 * 1024 },
      { offset: image.length - 1, length: 1 },
    ];
    for (const { offset, length } of excluded) image.fill(9, offset, offset + length);
    writeFileSync(other, image);
    expect(await hashExcluding(other, excluded)).toBe(await hashExcluding(path, excluded));
    expect(await hashExcluding(other, [])).not.toBe(await hashExcluding(path, []));
    image[1] = 9;
    writeFileSync(other, image);
    expect(await hashExcluding(other, excluded)).not.toBe(await hashExcluding(path, excluded));
  });
});
