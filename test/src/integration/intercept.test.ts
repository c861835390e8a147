import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { refusalOf } from '../harness/expectations.js';
import { HAS_HOLES } from '../harness/forced.js';
import { makeEmptyImage, makeRandomImage } from '../harness/imageFiles.js';
import { migrateCompletely } from '../harness/moving.js';
import { DISK, pairOf } from '../harness/pair.js';
import { allocatedBytesOf } from '../harness/sparseFile.js';
import { stageForTest } from '../harness/testStage.js';

const MEBIBYTE = 1024 * 1024;

describe('the write-intercept over HTTP', () => {
  it('reads, writes, zeroes and discards any range, at the source and at its new owner', async () => {
    const stage = stageForTest();
    const sizeBytes = 2 * MEBIBYTE + 33;
    const { source, destination, path } = await pairOf(stage, (file) => makeRandomImage(file, sizeBytes));
    const model = readFileSync(path);
    for (const agent of [source, destination]) {
      const { api } = agent;
      await api.write(DISK, 65_530, Buffer.from('over the edge of a block'));
      model.write('over the edge of a block', 65_530);
      await api.zero(DISK, 100_001, 70_000);
      model.fill(0, 100_001, 170_001);
      await api.discard(DISK, 300_000, 200_001);
      model.fill(0, 300_000, 500_001);
      await api.write(DISK, sizeBytes - 1, Buffer.from('!'));
      model.write('!', sizeBytes - 1);
      await api.flush(DISK);
      expect((await api.read(DISK, 0, sizeBytes)).equals(model)).toBe(true);
      const file = agent === source ? path : destination.imagePath(DISK);
      expect(readFileSync(file).equals(model)).toBe(true);
      if (agent === source) await migrateCompletely(api, { images: [DISK], destination: destination.address });
    }
  });

  it('counts dirty blocks', async () => {
    const stage = stageForTest();
    const { source } = await pairOf(stage, (file) => makeEmptyImage(file, MEBIBYTE));
    const before = (await source.api.image(DISK)).dirtyBlocks;
    await source.api.write(DISK, 65_535, Buffer.from('ab'));
    expect((await source.api.image(DISK)).dirtyBlocks).toBe(before + 2);
    await source.api.markDirty(DISK, [{ offset: 65_536, length: 65_537 }]);
    expect((await source.api.image(DISK)).dirtyBlocks).toBe(before + 3);
  });

  it.runIf(HAS_HOLES)('gives room back to the file system on discard', async () => {
    const stage = stageForTest();
    const { source, path } = await pairOf(stage, (file) => makeRandomImage(file, 4 * MEBIBYTE));
    const before = allocatedBytesOf(path);
    await source.api.discard(DISK, MEBIBYTE, 2 * MEBIBYTE);
    expect(allocatedBytesOf(path)).toBe(before - 2 * MEBIBYTE);
  });

  it('opens and closes images while it runs', async () => {
    const stage = stageForTest();
    const { source } = await pairOf(stage, (file) => makeEmptyImage(file, 4096));
    const path = stage.path('second.raw');
    makeRandomImage(path, 8192);
    await source.api.openImage('second', path, { kind: 'memory', blockSize: 8192 });
    expect(await source.api.image('second')).toMatchObject({ size: 8192, kind: 'memory', blockSize: 8192 });
    await source.api.closeImage('second');
    expect(await refusalOf(source.api.image('second'))).toMatchObject({ status: 404, code: 'E_NOT_FOUND' });
    expect(readFileSync(path)).toHaveLength(8192);
  });
});
