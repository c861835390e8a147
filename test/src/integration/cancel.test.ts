import { describe, expect, it } from 'vitest';
import {
  expectMovedWhole,
  expectNothingLeft,
  expectWritableWithinASecond,
  refusalOf,
} from '../harness/expectations.js';
import { Hold, type HoldPoint } from '../harness/hold.js';
import { makeRandomImage } from '../harness/imageFiles.js';
import type { MigrationState } from '../harness/migrationView.js';
import { migrateCompletely, untilState } from '../harness/moving.js';
import { DISK, type Pair, pairOf } from '../harness/pair.js';
import { stageForTest } from '../harness/testStage.js';

const SIZE_BYTES = 8 * 1024 * 1024;
const make = (path: string): void => makeRandomImage(path, SIZE_BYTES);

/** Cancels, and expects the source writable within a second, nothing at the destination, and a second try to work. */
async function cancelAndExpectAsBefore({ source, destination, path }: Pair, id: string, hold?: Hold): Promise<void> {
  const cancelledAtMs = performance.now();
  await source.api.cancel(id);
  await expectWritableWithinASecond(source, cancelledAtMs);
  const view = await untilState(source.api, id, 'cancelled');
  expect(view.error?.code ?? 'E_CANCELLED').toBe('E_CANCELLED');
  expect(view.progress.percent).toBeLessThan(100);
  await expectNothingLeft(destination);
  hold?.release();
  await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
  await expectMovedWhole(source, destination, path);
}

describe('cancel', () => {
  it('in setup, while the destination says nothing', async () => {
    const stage = stageForTest();
    const pair = await pairOf(stage, make, { source: { args: ['--peer-timeout', '30s'] } });
    const proxy = await stage.proxy({ targetPort: pair.destination.plan.port ?? 0 });
    proxy.stall();
    const id = await pair.source.api.startMigration({ images: [DISK], destination: proxy.address });
    expect((await pair.source.api.migration(id)).state).toBe('setup');
    await cancelAndExpectAsBefore(pair, id);
  });

  it('in the middle of the first round', async () => {
    const stage = stageForTest();
    const pair = await pairOf(stage, make);
    const request = { images: [DISK], destination: pair.destination.address, bandwidthLimit: 1024 * 1024 };
    const id = await pair.source.api.startMigration(request);
    await untilState(pair.source.api, id, 'active');
    await cancelAndExpectAsBefore(pair, id);
  });

  it('in pre-switchover', async () => {
    const stage = stageForTest();
    const pair = await pairOf(stage, make);
    const request = { images: [DISK], destination: pair.destination.address, cutover: 'manual' } as const;
    const id = await pair.source.api.startMigration(request);
    await untilState(pair.source.api, id, 'pre-switchover');
    await cancelAndExpectAsBefore(pair, id);
  });

  const points: readonly (readonly [HoldPoint, MigrationState])[] = [
    ['source.active.before-switch', 'active'],
    ['source.switchover.frozen', 'switchover'],
    ['source.switchover.before-seal', 'switchover'],
  ];
  for (const [point, state] of points) {
    it(`in ${state}, held at ${point}`, async () => {
      const stage = stageForTest();
      const hold = new Hold(stage, point);
      const pair = await pairOf(stage, make, { source: { env: hold.env } });
      const id = await pair.source.api.startMigration({ images: [DISK], destination: pair.destination.address });
      await hold.reached(pair.source, id);
      expect((await pair.source.api.migration(id)).state).toBe(state);
      await cancelAndExpectAsBefore(pair, id, hold);
    });
  }

  it('while the destination prepares', async () => {
    const stage = stageForTest();
    const hold = new Hold(stage, 'dest.before-prepared');
    const pair = await pairOf(stage, make, { destination: { env: hold.env } });
    const id = await pair.source.api.startMigration({ images: [DISK], destination: pair.destination.address });
    await hold.reached(pair.source, id);
    await cancelAndExpectAsBefore(pair, id, hold);
  });

  it('lets a write that waited at the gate go on at the source', async () => {
    const stage = stageForTest();
    const hold = new Hold(stage, 'source.switchover.frozen');
    const { source, destination } = await pairOf(stage, make, { source: { env: hold.env } });
    const id = await source.api.startMigration({ images: [DISK], destination: destination.address });
    await hold.reached(source, id);
    let answered = false;
    const waiting = source.api.write(DISK, 4096, Buffer.from('waited')).then(() => {
      answered = true;
    });
    // Reads are answered while the gate is closed, so one round trip shows that the write is held.
    await source.api.read(DISK, 4096, 6);
    expect(answered).toBe(false);
    await source.api.cancel(id);
    await waiting;
    expect((await source.api.read(DISK, 4096, 6)).toString()).toBe('waited');
    await untilState(source.api, id, 'cancelled');
  });

  it('is too late once sealed', async () => {
    const stage = stageForTest();
    const hold = new Hold(stage, 'source.switchover.after-seal');
    const { source, destination, path } = await pairOf(stage, make, { source: { env: hold.env } });
    const id = await source.api.startMigration({ images: [DISK], destination: destination.address });
    await hold.reached(source, id);
    expect(await refusalOf(source.api.cancel(id))).toMatchObject({ status: 409, code: 'E_TOO_LATE' });
    hold.release();
    await untilState(source.api, id, 'completed');
    await expectMovedWhole(source, destination, path);
  });
});
