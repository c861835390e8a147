import { describe, expect, it } from 'vitest';
import { expectMovedWhole, expectSoundCompletion } from '../harness/expectations.js';
import { HAS_HOLES } from '../harness/forced.js';
import { makeEmptyImage, makeMixedImage, makeRandomImage, makeSparseImage } from '../harness/imageFiles.js';
import { migrateCompletely } from '../harness/moving.js';
import { DISK, pairOf } from '../harness/pair.js';
import { allocatedBytesOf } from '../harness/sparseFile.js';
import { stageForTest } from '../harness/testStage.js';

const MEBIBYTE = 1024 * 1024;

const SHAPES: readonly (readonly [string, (path: string) => void])[] = [
  ['a mixed image', (path) => makeMixedImage(path, 96 * MEBIBYTE)],
  ['an image of 0 bytes', (path) => makeEmptyImage(path, 0)],
  ['an image of 1 byte', (path) => makeRandomImage(path, 1)],
  ['an image of an odd size', (path) => makeRandomImage(path, 5 * MEBIBYTE + 12_345)],
  ['an image that is one hole of an odd size', (path) => makeEmptyImage(path, 3 * MEBIBYTE + 1)],
  ['random data', (path) => makeRandomImage(path, 64 * MEBIBYTE)],
];

describe('an idle image', () => {
  for (const [what, make] of SHAPES) {
    it(`moves: ${what}`, async () => {
      const stage = stageForTest();
      const { source, destination, path } = await pairOf(stage, make);
      const view = await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
      expectSoundCompletion(view);
      await expectMovedWhole(source, destination, path);
      expect(view.verified).toMatchObject({ mode: 'full', mismatches: 0 });
      expect(view.progress.resent).toBe(0);
    });
  }

  // Without holes there would be 1 TiB to write.
  it.runIf(HAS_HOLES)('stays thin: 1 TiB with 64 MiB of data', async () => {
    const stage = stageForTest();
    const dataBytes = 64 * MEBIBYTE;
    const { source, destination, path } = await pairOf(stage, (file) => makeSparseImage(file, 1024 ** 4, dataBytes));
    const view = await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
    expectSoundCompletion(view);
    await expectMovedWhole(source, destination, path);
    expect(view.progress.total).toBeLessThanOrEqual(allocatedBytesOf(path) * 1.05);
    expect(view.progress.wireBytes).toBeLessThan(dataBytes * 1.1);
  });

  it('counts zeros as ranges, not as data on the wire', async () => {
    const stage = stageForTest();
    const sizeBytes = 64 * MEBIBYTE;
    const { source, destination } = await pairOf(stage, (file) => makeMixedImage(file, sizeBytes));
    const view = await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
    expect(view.progress.duplicate).toBeGreaterThan(0.2 * sizeBytes);
    expect(view.progress.duplicate + view.progress.normal).toBe(sizeBytes);
    // Headers besides: on a fast wire nothing is compressed.
    expect(view.progress.wireBytes).toBeLessThan(view.progress.normal * 1.01);
  });

  it('moves when only the wire is verified, and says so', async () => {
    const stage = stageForTest();
    const { source, destination, path } = await pairOf(stage, (file) => makeMixedImage(file, 16 * MEBIBYTE));
    const request = { images: [DISK], destination: destination.address, verify: 'wire' } as const;
    const view = await migrateCompletely(source.api, request);
    await expectMovedWhole(source, destination, path);
    expect(view.verify).toBe('wire');
    expect(view.verified?.mode ?? 'wire').toBe('wire');
  });

  it('moves memory with blocks of 4 KiB', async () => {
    const stage = stageForTest();
    const { source, destination, path } = await pairOf(stage, (file) => makeMixedImage(file, 16 * MEBIBYTE), {
      imageOptions: ',kind=memory',
    });
    expect(await source.api.image(DISK)).toMatchObject({ kind: 'memory', blockSize: 4096, size: 16 * MEBIBYTE });
    await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
    await expectMovedWhole(source, destination, path);
    expect((await destination.api.image(DISK)).kind).toBe('memory');
  });

  it('is the same migration at both ends', async () => {
    const stage = stageForTest();
    const { source, destination } = await pairOf(stage, (file) => makeMixedImage(file, 8 * MEBIBYTE));
    const view = await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
    const there = await destination.api.migration(view.id);
    expect(there).toMatchObject({ id: view.id, role: 'destination', state: 'completed', images: [DISK] });
    expect(view.role).toBe('source');
    expect(there.progress.percent).toBe(100);
    expect((await source.api.migrations()).map(({ id }) => id)).toEqual([view.id]);
  });
});
