import { describe, expect, it } from 'vitest';
import { until } from '../harness/condition.js';
import { expectMovedWhole, expectNothingLeft, expectOwnedBy, expectSourceOwns } from '../harness/expectations.js';
import { FrameNumber } from '../harness/frameTap.js';
import { Hold } from '../harness/hold.js';
import { keepCopy, makeRandomImage } from '../harness/imageFiles.js';
import { migrateCompletely, untilState } from '../harness/moving.js';
import { DISK, pairOf } from '../harness/pair.js';
import { stageForTest } from '../harness/testStage.js';
import { fileBytes } from '../oracle/byteSource.js';
import { assertIntact } from '../oracle/replay.js';

const SIZE_BYTES = 8 * 1024 * 1024;
const make = (path: string): void => makeRandomImage(path, SIZE_BYTES);

describe('after the source has sealed', () => {
  it('a destination that dies before it owns leaves the outcome unknown until it is back and gives up', async () => {
    const stage = stageForTest();
    const hold = new Hold(stage, 'source.switchover.after-seal');
    const { source, destination, path } = await pairOf(stage, make, { source: { env: hold.env } });
    const id = await source.api.startMigration({ images: [DISK], destination: destination.address });
    await hold.reached(source, id);
    expect((await source.api.image(DISK)).owner.role).toBe('sealed');
    await destination.kill();
    hold.release();
    await untilState(source.api, id, 'outcome-unknown');
    expect((await source.api.image(DISK)).owner.role).toBe('sealed');
    await destination.start({});
    const view = await untilState(source.api, id, 'failed');
    expect(view.error?.code).toBe('E_ABORTED');
    await expectSourceOwns(source);
    await expectNothingLeft(destination);
    await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
    await expectMovedWhole(source, destination, path);
  });

  it('a destination that dies before its record is on disk gives up when asked', async () => {
    const stage = stageForTest();
    const hold = new Hold(stage, 'dest.before-owner');
    const { source, destination } = await pairOf(stage, make, { destination: { env: hold.env } });
    const id = await source.api.startMigration({ images: [DISK], destination: destination.address });
    await hold.reached(source, id);
    await destination.kill();
    await untilState(source.api, id, 'outcome-unknown');
    await destination.start({});
    await untilState(source.api, id, 'failed');
    await expectSourceOwns(source);
    await expectNothingLeft(destination);
  });

  it('writers that wait through an unknown outcome go on where the owner is', async () => {
    const stage = stageForTest();
    const hold = new Hold(stage, 'source.switchover.after-seal');
    const { source, destination, path } = await pairOf(stage, make, { source: { env: hold.env } });
    const initial = keepCopy(path, stage.path('initial'));
    const url = source.api.imageUrl(DISK);
    const oracle = stage.writers({ seed: 71, url, sizeBytes: SIZE_BYTES, rateBytesPerSec: 5e6 });
    oracle.start();
    await oracle.acknowledged(50);
    const id = await source.api.startMigration({ images: [DISK], destination: destination.address });
    await hold.reached(source, id);
    await destination.kill();
    hold.release();
    await untilState(source.api, id, 'outcome-unknown');
    await destination.start({});
    await untilState(source.api, id, 'failed');
    await oracle.acknowledged(50);
    await oracle.stop();
    expect(oracle.refusals).toEqual(new Map());
    assertIntact(await oracle.verify(await fileBytes(initial), await fileBytes(path)));
  });

  it('a lost TAKEN is asked for, and the source lets go', async () => {
    const stage = stageForTest();
    const { source, destination, path } = await pairOf(stage, make);
    let cut = false;
    const watch = ({ type }: { readonly type: number }): 'pass' | 'cut' => {
      if (type !== FrameNumber.Taken || cut) return 'pass';
      cut = true;
      return 'cut';
    };
    const proxy = await stage.proxy({ targetPort: destination.plan.port ?? 0, watch });
    const id = await source.api.startMigration({ images: [DISK], destination: proxy.address });
    await untilState(source.api, id, 'completed');
    expect(cut).toBe(true);
    await expectMovedWhole(source, destination, path);
  });

  it('a lost COMMIT ends in the source owning again, never in nobody', async () => {
    const stage = stageForTest();
    const { source, destination } = await pairOf(stage, make);
    let cut = false;
    const watch = ({ type }: { readonly type: number }): 'pass' | 'cut' => {
      if (type !== FrameNumber.Commit || cut) return 'pass';
      cut = true;
      return 'cut';
    };
    const proxy = await stage.proxy({ targetPort: destination.plan.port ?? 0, watch });
    const id = await source.api.startMigration({ images: [DISK], destination: proxy.address });
    const view = await untilState(source.api, id, 'failed');
    expect(cut).toBe(true);
    expect(view.error?.code).toBe('E_ABORTED');
    await expectSourceOwns(source);
    await expectNothingLeft(destination);
  });

  it('a source that dies asks after its restart, and owns again when the destination gave up', async () => {
    const stage = stageForTest();
    const hold = new Hold(stage, 'source.switchover.after-seal');
    const { source, destination } = await pairOf(stage, make, { source: { env: hold.env } });
    const id = await source.api.startMigration({ images: [DISK], destination: destination.address });
    await hold.reached(source, id);
    await source.kill();
    await source.start({});
    await until('the source to own again', async () => (await source.api.image(DISK)).owner.role === 'owner');
    await expectSourceOwns(source);
    await expectNothingLeft(destination);
  });

  it('a source that dies before it heard TAKEN learns after its restart that the image moved', async () => {
    const stage = stageForTest();
    const { source, destination, path } = await pairOf(stage, make);
    let taken = false;
    const watch = ({ type }: { readonly type: number }): 'pass' | 'drop' => {
      if (type === FrameNumber.Taken) taken = true;
      return type === FrameNumber.Taken ? 'drop' : 'pass';
    };
    const proxy = await stage.proxy({ targetPort: destination.plan.port ?? 0, watch });
    await source.api.startMigration({ images: [DISK], destination: proxy.address });
    await until('the destination to take over', () => taken);
    await source.kill();
    await source.start();
    await until('the source to know', async () => (await source.api.image(DISK)).owner.role === 'released');
    await expectMovedWhole(source, destination, path);
  });
});

describe('ownership', () => {
  it('outlives restarts of both ends', async () => {
    const stage = stageForTest();
    const { source, destination, path } = await pairOf(stage, make);
    await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
    await Promise.all([source.stop(), destination.stop()]);
    await Promise.all([source.start(), destination.start()]);
    await expectMovedWhole(source, destination, path);
    await destination.api.write(DISK, 100, Buffer.from('served'));
    expect((await destination.api.read(DISK, 100, 6)).toString()).toBe('served');
    await expectOwnedBy(destination, source);
  });

  it('outlives kill -9 of both ends', async () => {
    const stage = stageForTest();
    const { source, destination, path } = await pairOf(stage, make);
    await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
    await Promise.all([source.kill(), destination.kill()]);
    await Promise.all([source.start(), destination.start()]);
    await expectMovedWhole(source, destination, path);
  });
});
