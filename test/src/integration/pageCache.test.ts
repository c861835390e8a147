import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it, onTestFinished, type TestContext } from 'vitest';
import { cachedBytesOf, dropCached } from '../bench/diskCache.js';
import { isInMemory } from '../bench/places.js';
import { expectMovedWhole } from '../harness/expectations.js';
import { HAS_NATIVE } from '../harness/forced.js';
import { makeRandomImage } from '../harness/imageFiles.js';
import { migrateCompletely } from '../harness/moving.js';
import { DISK, type Pair, pairOf } from '../harness/pair.js';
import { Stage } from '../harness/stage.js';

const MEBIBYTE = 1024 * 1024;
const SIZE_BYTES = 40 * MEBIBYTE;

/** Two agents on a disk, and an image of which nothing is in the page cache. */
async function onDisk(context: TestContext): Promise<Pair> {
  const folder = tmpdir();
  // Without native calls, in memory, or where the kernel cannot be asked, an agent drops nothing (LIMITS.md): nothing to see.
  if (!HAS_NATIVE) context.skip('the page cache is asked by native calls');
  if (isInMemory(folder)) context.skip('the folder for temporary files is in memory');
  const stage = new Stage(folder);
  onTestFinished(() => stage.close());
  const pair = await pairOf(stage, (path) => makeRandomImage(path, SIZE_BYTES));
  // On overlayfs the answers are about another file's pages.
  if (cachedBytesOf(pair.path) === 0) context.skip('this file system does not say what is cached');
  dropCached({ name: 'disk', folder }, pair.path);
  // A kernel that cannot say what is cached drops nothing.
  if (cachedBytesOf(pair.path) !== 0) context.skip('this kernel does not say what is cached');
  return pair;
}

function move({ source, destination }: Pair, verify: 'full' | 'wire') {
  return migrateCompletely(source.api, { images: [DISK], destination: destination.address, verify });
}

describe('the page cache of the source', () => {
  it.for(['full', 'wire'] as const)(
    'holds nothing of an image that it did not hold before: verify %s',
    async (verify, context) => {
      const pair = await onDisk(context);
      await move(pair, verify);
      // But for what was still being read ahead when it was dropped.
      expect(cachedBytesOf(pair.path)).toBeLessThanOrEqual(MEBIBYTE);
      await expectMovedWhole(pair.source, pair.destination, pair.path);
    },
  );

  it('holds all of an image that the workload has read', async (context) => {
    const pair = await onDisk(context);
    expect(readFileSync(pair.path).length).toBe(SIZE_BYTES);
    await move(pair, 'full');
    expect(cachedBytesOf(pair.path)).toBe(SIZE_BYTES);
  });
});
