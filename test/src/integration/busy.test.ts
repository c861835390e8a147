import { describe, expect, it } from 'vitest';
import { expectOwnedBy, expectSoundCompletion } from '../harness/expectations.js';
import { keepCopy, makeMixedImage, makeRandomImage } from '../harness/imageFiles.js';
import { migrateCompletely, untilState } from '../harness/moving.js';
import { DISK, pairOf } from '../harness/pair.js';
import { stageForTest } from '../harness/testStage.js';
import { fileBytes } from '../oracle/byteSource.js';
import { pauseAsFelt } from '../oracle/latency.js';
import { assertIntact } from '../oracle/replay.js';

const MEBIBYTE = 1024 * 1024;

describe('a busy image', () => {
  for (const seed of [1, 2, 3]) {
    it(`loses no acknowledged write (seed ${seed})`, async () => {
      const stage = stageForTest();
      const sizeBytes = 64 * MEBIBYTE + 4321;
      const { source, destination, path } = await pairOf(stage, (file) => makeMixedImage(file, sizeBytes));
      const initial = keepCopy(path, stage.path('initial'));
      const oracle = stage.writers({
        seed,
        url: source.api.imageUrl(DISK),
        sizeBytes,
        rateBytesPerSec: 30 * MEBIBYTE,
        zeroShare: 0.05,
        discardShare: 0.05,
      });
      oracle.start();
      await oracle.acknowledged(100);
      const view = await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
      await oracle.followed();
      await oracle.acknowledged(200);
      await oracle.stop();
      expectSoundCompletion(view);
      await expectOwnedBy(destination, source);
      expect(oracle.refusals).toEqual(new Map());
      expect(oracle.history.count('unknown')).toBe(0);
      expect(pauseAsFelt(oracle.history.records, source.api.url)).toBeGreaterThan(0);
      assertIntact(await oracle.verify(await fileBytes(initial), await fileBytes(destination.imagePath(DISK))));
      // The source's file stands still since the switch: exactly what the source acknowledged.
      assertIntact(await oracle.verifyPart(await fileBytes(initial), await fileBytes(path), source.api.url));
      expect(view.verified).toMatchObject({ mismatches: 0 });
    });
  }

  it('keeps writes of few bytes that share their blocks with other writers', async () => {
    const stage = stageForTest();
    const sizeBytes = 8 * MEBIBYTE;
    const { source, destination, path } = await pairOf(stage, (file) => makeRandomImage(file, sizeBytes));
    const initial = keepCopy(path, stage.path('initial'));
    const oracle = stage.writers({
      seed: 11,
      url: source.api.imageUrl(DISK),
      sizeBytes,
      writers: 8,
      longestWriteBytes: 600,
      workingSetBytes: 256 * 1024,
    });
    oracle.start();
    await oracle.acknowledged(100);
    const request = { images: [DISK], destination: destination.address, cutover: 'manual' } as const;
    const id = await source.api.startMigration(request);
    await untilState(source.api, id, 'pre-switchover');
    await oracle.acknowledged(500);
    await source.api.cutover(id);
    await untilState(source.api, id, 'completed');
    await oracle.followed();
    await oracle.stop();
    assertIntact(await oracle.verify(await fileBytes(initial), await fileBytes(destination.imagePath(DISK))));
  });

  it('sends what was written while it moved in later rounds', async () => {
    const stage = stageForTest();
    const sizeBytes = 32 * MEBIBYTE;
    const { source, destination, path } = await pairOf(stage, (file) => makeRandomImage(file, sizeBytes));
    const initial = keepCopy(path, stage.path('initial'));
    const url = source.api.imageUrl(DISK);
    const oracle = stage.writers({ seed: 5, url, sizeBytes, rateBytesPerSec: 10 * MEBIBYTE });
    oracle.start();
    const request = { images: [DISK], destination: destination.address, bandwidthLimit: 40 * MEBIBYTE };
    const view = await migrateCompletely(source.api, request);
    await oracle.followed();
    await oracle.stop();
    expect(view.rounds.length).toBeGreaterThan(1);
    expect(view.rounds.map(({ round }) => round)).toEqual(view.rounds.map((_, index) => index + 1));
    expect(view.rounds[0]?.dirtiedBytes).toBeGreaterThan(0);
    expect(view.progress.normal).toBeGreaterThan(sizeBytes);
    assertIntact(await oracle.verify(await fileBytes(initial), await fileBytes(destination.imagePath(DISK))));
  });
});
