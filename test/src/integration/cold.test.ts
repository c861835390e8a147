import { describe, expect, it } from 'vitest';
import { expectMovedWhole, expectNothingLeft, expectSourceOwns, refusalOf } from '../harness/expectations.js';
import { Hold } from '../harness/hold.js';
import { keepCopy, makeMixedImage } from '../harness/imageFiles.js';
import { migrateCompletely, untilState } from '../harness/moving.js';
import { DISK, pairOf } from '../harness/pair.js';
import { stageForTest } from '../harness/testStage.js';
import { fileBytes } from '../oracle/byteSource.js';
import { assertIntact } from '../oracle/replay.js';

const SIZE_BYTES = 24 * 1024 * 1024 + 99;

describe('cold mode', () => {
  it('moves in one pass', async () => {
    const stage = stageForTest();
    const { source, destination, path } = await pairOf(stage, (file) => makeMixedImage(file, SIZE_BYTES));
    const request = { images: [DISK], destination: destination.address, mode: 'cold' } as const;
    const view = await migrateCompletely(source.api, request);
    await expectMovedWhole(source, destination, path);
    expect(view.mode).toBe('cold');
    expect(view.verified).toMatchObject({ mode: 'full', mismatches: 0 });
    expect(view.rounds.filter(({ blocks }) => blocks > 0)).toHaveLength(1);
  });

  it('refuses writes while it moves, answers reads, and takes writes again when cancelled', async () => {
    const stage = stageForTest();
    const hold = new Hold(stage, 'source.active.before-switch');
    const make = (file: string): void => makeMixedImage(file, SIZE_BYTES);
    const { source, destination } = await pairOf(stage, make, { source: { env: hold.env } });
    const id = await source.api.startMigration({ images: [DISK], destination: destination.address, mode: 'cold' });
    await hold.reached(source, id);
    const refusal = await refusalOf(source.api.write(DISK, 0, Buffer.from('no')));
    expect(refusal).toMatchObject({ status: 409, code: 'E_COLD' });
    expect(await refusalOf(source.api.zero(DISK, 0, 4096))).toMatchObject({ code: 'E_COLD' });
    expect(await source.api.read(DISK, 0, 16)).toHaveLength(16);
    await source.api.cancel(id);
    await untilState(source.api, id, 'cancelled');
    await expectSourceOwns(source);
    await expectNothingLeft(destination);
  });

  it('lets writers that try again go on at the destination', async () => {
    const stage = stageForTest();
    const { source, destination, path } = await pairOf(stage, (file) => makeMixedImage(file, SIZE_BYTES));
    const initial = keepCopy(path, stage.path('initial'));
    const url = source.api.imageUrl(DISK);
    const oracle = stage.writers({ seed: 21, url, sizeBytes: SIZE_BYTES, rateBytesPerSec: 10e6 });
    oracle.start();
    await oracle.acknowledged(20);
    const request = { images: [DISK], destination: destination.address, mode: 'cold' } as const;
    await migrateCompletely(source.api, request);
    await oracle.followed();
    await oracle.stop();
    expect(oracle.refusals).toEqual(new Map());
    assertIntact(await oracle.verify(await fileBytes(initial), await fileBytes(destination.imagePath(DISK))));
  });
});
