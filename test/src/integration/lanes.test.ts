import { describe, expect, it } from 'vitest';
import { expectMovedWhole, expectSoundCompletion } from '../harness/expectations.js';
import { keepCopy, makeMixedImage } from '../harness/imageFiles.js';
import { migrateCompletely } from '../harness/moving.js';
import { DISK, pairOf } from '../harness/pair.js';
import { stageForTest } from '../harness/testStage.js';
import { fileBytes } from '../oracle/byteSource.js';
import { assertIntact } from '../oracle/replay.js';

const SIZE_BYTES = 24 * 1024 * 1024 + 5;

describe('lanes', () => {
  for (let lanes = 1; lanes <= 8; lanes++) {
    it(`${lanes}: moves over as many connections`, async () => {
      const stage = stageForTest();
      const { source, destination, path } = await pairOf(stage, (file) => makeMixedImage(file, SIZE_BYTES));
      const proxy = await stage.proxy({ targetPort: destination.plan.port ?? 0 });
      const view = await migrateCompletely(source.api, { images: [DISK], destination: proxy.address, lanes });
      expectSoundCompletion(view);
      await expectMovedWhole(source, destination, path);
      expect(proxy.connections).toBe(1 + lanes);
    });
  }

  it('one slow lane does not let rounds overtake one another', async () => {
    const stage = stageForTest();
    const { source, destination, path } = await pairOf(stage, (file) => makeMixedImage(file, SIZE_BYTES));
    const initial = keepCopy(path, stage.path('initial'));
    const proxy = await stage.proxy({ targetPort: destination.plan.port ?? 0, slowConnection: 2, delayMs: 30 });
    const oracle = stage.writers({
      seed: 51,
      url: source.api.imageUrl(DISK),
      sizeBytes: SIZE_BYTES,
      workingSetBytes: 1024 * 1024,
      rateBytesPerSec: 10e6,
    });
    oracle.start();
    await oracle.acknowledged(20);
    const request = { images: [DISK], destination: proxy.address, lanes: 3, downtimeLimitMs: 300 };
    await migrateCompletely(source.api, request);
    await oracle.followed();
    await oracle.stop();
    assertIntact(await oracle.verify(await fileBytes(initial), await fileBytes(destination.imagePath(DISK))));
  });
});
