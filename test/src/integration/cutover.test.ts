import { describe, expect, it } from 'vitest';
import { expectMovedWhole, expectOwnedBy, refusalOf } from '../harness/expectations.js';
import { keepCopy, makeMixedImage } from '../harness/imageFiles.js';
import { migrateCompletely, untilState } from '../harness/moving.js';
import { DISK, pairOf } from '../harness/pair.js';
import { stageForTest } from '../harness/testStage.js';
import { fileBytes } from '../oracle/byteSource.js';
import { assertIntact } from '../oracle/replay.js';

const SIZE_BYTES = 24 * 1024 * 1024;

describe('manual cutover', () => {
  it('holds in pre-switchover, takes writes meanwhile, and switches when told', async () => {
    const stage = stageForTest();
    const { source, destination, path } = await pairOf(stage, (file) => makeMixedImage(file, SIZE_BYTES));
    const initial = keepCopy(path, stage.path('initial'));
    const url = source.api.imageUrl(DISK);
    const oracle = stage.writers({ seed: 31, url, sizeBytes: SIZE_BYTES, rateBytesPerSec: 5e6 });
    const request = { images: [DISK], destination: destination.address, cutover: 'manual' } as const;
    const id = await source.api.startMigration(request);
    await untilState(source.api, id, 'pre-switchover');
    oracle.start();
    await oracle.acknowledged(300);
    const held = await source.api.migration(id);
    expect(held.state).toBe('pre-switchover');
    expect(held.progress.percent).toBeLessThan(100);
    expect((await source.api.image(DISK)).owner.role).toBe('owner');
    expect(await refusalOf(destination.api.read(DISK, 0, 16))).toMatchObject({ status: 409, code: 'E_NOT_OWNER' });
    await source.api.cutover(id);
    await untilState(source.api, id, 'completed');
    await oracle.followed();
    await oracle.stop();
    await expectOwnedBy(destination, source);
    assertIntact(await oracle.verify(await fileBytes(initial), await fileBytes(destination.imagePath(DISK))));
  });

  it('is refused once the migration has ended, and for one that does not exist', async () => {
    const stage = stageForTest();
    const { source, destination, path } = await pairOf(stage, (file) => makeMixedImage(file, 1024 * 1024));
    const view = await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
    expect(await refusalOf(source.api.cutover(view.id))).toMatchObject({ status: 409, code: 'E_TOO_LATE' });
    expect(await refusalOf(source.api.cancel(view.id))).toMatchObject({ status: 409, code: 'E_TOO_LATE' });
    expect(await refusalOf(source.api.cutover('nobody'))).toMatchObject({ status: 404, code: 'E_NOT_FOUND' });
    await expectMovedWhole(source, destination, path);
  });
});
