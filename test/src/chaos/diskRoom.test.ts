import { randomBytes } from 'node:crypto';
import { readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { until } from '../harness/condition.js';
import { expectMovedWhole, expectNothingLeft, expectSourceOwns, refusalOf } from '../harness/expectations.js';
import { HAS_HOLES } from '../harness/forced.js';
import { makeEmptyImage, makeRandomImage } from '../harness/imageFiles.js';
import { migrateCompletely, untilEnded, untilState } from '../harness/moving.js';
import { DISK } from '../harness/pair.js';
import type { RunningDaemon } from '../harness/runningDaemon.js';
import { fillDisk, freeBytes, mountSmallDisk } from '../harness/smallDisk.js';
import { stageForTest } from '../harness/testStage.js';

const MEBIBYTE = 1024 * 1024;
const DISK_BYTES = 160 * MEBIBYTE;
const DATA_BYTES = 64 * MEBIBYTE;

async function onSmallDisk(context: TestContext, make: (path: string, sizeBytes: number) => void) {
  const stage = stageForTest();
  const path = stage.path('disk.raw');
  make(path, DATA_BYTES);
  const source = await stage.source({ images: { [DISK]: path } });
  const destination = await stage.plannedDestination();
  const dir = destination.plan.directory ?? '';
  await mountSmallDisk(context, stage, dir, DISK_BYTES);
  await destination.start();
  const proxy = await stage.proxy({ targetPort: destination.plan.port ?? 0, rateBytesPerSec: 16 * MEBIBYTE });
  const arrived = (id: string, bytes: number) =>
    until('a part to have arrived', async () => (await source.api.migration(id)).progress.transferred > bytes);
  return { source, destination, dir, path, arrived, request: { images: [DISK], destination: proxy.address } };
}

async function write(source: RunningDaemon, fromMebibyte: number, mebibytes: number): Promise<void> {
  for (let at = fromMebibyte; at < fromMebibyte + mebibytes; at++) {
    await source.api.write(DISK, at * MEBIBYTE, randomBytes(MEBIBYTE));
  }
}

describe('a disk that others fill while an image arrives', () => {
  it.runIf(HAS_HOLES)('has the room that was offered all the same', async (context) => {
    const { source, destination, dir, path, arrived, request } = await onSmallDisk(context, makeRandomImage);
    const id = await source.api.startMigration(request);
    await arrived(id, 4 * MEBIBYTE);
    fillDisk(join(dir, 'hog'));
    expect(statSync(destination.imagePath(DISK)).blocks * 512).toBeLessThan(DATA_BYTES * 0.9);
    expect(freeBytes(dir)).toBeLessThan(MEBIBYTE);
    await untilState(source.api, id, 'completed');
    await expectMovedWhole(source, destination, path);
    expect(readdirSync(dir).filter((name) => name.startsWith('.godwit-reserve'))).toEqual([]);
  });

  it('ends the move by name when the workload adds what was not offered, and the next one succeeds', async (context) => {
    const { source, destination, dir, path, arrived, request } = await onSmallDisk(context, makeEmptyImage);
    await write(source, 0, 16);
    const id = await source.api.startMigration(request);
    await arrived(id, MEBIBYTE);
    fillDisk(join(dir, 'hog'));
    await write(source, 32, 16);
    const view = await untilEnded(source.api, id);
    expect(view).toMatchObject({ state: 'failed', error: { code: 'E_DISK_FULL' } });
    await expectSourceOwns(source);
    await expectNothingLeft(destination);
    rmSync(join(dir, 'hog'));
    await migrateCompletely(source.api, request);
    await expectMovedWhole(source, destination, path);
  });
});

describe('a disk that is full below the image of a workload', () => {
  it('is named to the writer, and what a write has changed before it was is moved', async (context) => {
    const stage = stageForTest();
    const dir = await stage.folder('small');
    await mountSmallDisk(context, stage, dir, DISK_BYTES);
    const path = join(dir, 'disk.raw');
    makeEmptyImage(path, DATA_BYTES);
    const [source, destination] = await Promise.all([stage.source({ images: { [DISK]: path } }), stage.destination()]);
    await write(source, 0, 2);
    fillDisk(join(dir, 'hog'));
    // Too few blocks for all of it: the system writes what fits (of a few, nothing), and says how much that was.
    truncateSync(join(dir, 'hog'), statSync(join(dir, 'hog')).size - 4 * MEBIBYTE);
    const refusal = await refusalOf(source.api.write(DISK, 8 * MEBIBYTE, randomBytes(8 * MEBIBYTE)));
    expect(refusal).toMatchObject({ status: 507, code: 'E_DISK_FULL' });
    const changed = await source.api.read(DISK, 8 * MEBIBYTE, 8 * MEBIBYTE);
    expect(changed.some((byte) => byte !== 0)).toBe(true);
    expect(changed.at(-1)).toBe(0);
    await write(source, 0, 1);
    await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
    await expectMovedWhole(source, destination, path);
  });
});
