/**
 * The destination writes PREPARED while the image's data is being synced. Its host may end between the two, in either
 * order: what was not synced is then gone, whatever the record says.
 */
import { existsSync, readFileSync, truncateSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { until } from '../harness/condition.js';
import {
  expectMovedWhole,
  expectNothingLeft,
  expectSoundCompletion,
  expectSourceOwns,
  refusalOf,
} from '../harness/expectations.js';
import { Hold, type HoldPoint } from '../harness/hold.js';
import { keepCopy, makeRandomImage } from '../harness/imageFiles.js';
import { migrateCompletely, untilState } from '../harness/moving.js';
import { DISK, pairOf } from '../harness/pair.js';
import { recordedRole } from '../harness/recordedRole.js';
import type { RunningDaemon } from '../harness/runningDaemon.js';
import { stageForTest } from '../harness/testStage.js';

const SIZE_BYTES = 8 * 1024 * 1024;

/** Held in the middle of preparing; everything else that preparing takes has been done. */
async function heldAt(point: HoldPoint, roleMeanwhile: string) {
  const stage = stageForTest();
  const hold = new Hold(stage, point);
  const make = (path: string): void => makeRandomImage(path, SIZE_BYTES);
  // As long as it takes: nobody is to give up while we look.
  const args = ['--peer-timeout', '30s'];
  const { source, destination, path } = await pairOf(stage, make, {
    source: { args },
    destination: { env: hold.env, args },
  });
  const initial = keepCopy(path, stage.path('initial'));
  const id = await source.api.startMigration({ images: [DISK], destination: destination.address });
  await hold.reached(source, id);
  await until('what does not wait to be on disk', () => recordedRole(destination) === roleMeanwhile);
  return { source, destination, path, initial, id, hold };
}

/** As when its host loses power: nothing is left of data that no sync was waited for. */
async function losePower(destination: RunningDaemon): Promise<void> {
  await destination.kill();
  truncateSync(destination.imagePath(DISK), 0);
  truncateSync(destination.imagePath(DISK), SIZE_BYTES);
}

describe.each([
  { first: 'the record', point: 'dest.before-data-sync', role: 'prepared' },
  { first: 'the data', point: 'dest.before-prepared', role: 'incoming' },
] as const)('a destination of which only $first is on disk', ({ point, role }) => {
  it('has promised nothing: the source has not sealed, and owns when the destination is gone', async () => {
    const { source, destination, path, initial, id } = await heldAt(point, role);
    // A source that was told would seal at once; it is given time for it by a round trip of each API.
    for (let i = 0; i < 10; i++) {
      expect((await refusalOf(destination.api.read(DISK, 0, 1))).code).toBe('E_NOT_OWNER');
      expect([(await source.api.image(DISK)).owner.role, recordedRole(source)]).toEqual(['owner', 'owner']);
    }
    await losePower(destination);
    const view = await untilState(source.api, id, 'failed');
    // Whichever of its connections is seen to end first.
    expect(view.error?.code).toMatch(/^E_(PEER|LANE)_LOST$/);
    expect(readFileSync(path).equals(readFileSync(initial))).toBe(true);
    await expectSourceOwns(source);
  });

  it('serves nothing after its restart, and takes the image whole when it is offered again', async () => {
    const { source, destination, path, id } = await heldAt(point, role);
    await losePower(destination);
    await untilState(source.api, id, 'failed');
    await destination.start({});
    const refusal = await refusalOf(destination.api.read(DISK, 0, 1));
    expect(['E_NOT_OWNER', 'E_NOT_FOUND']).toContain(refusal.code);
    expect(['prepared', 'aborted']).toContain(recordedRole(destination));
    await source.api.write(DISK, 4096, Buffer.from('written since'));
    expectSoundCompletion(await migrateCompletely(source.api, { images: [DISK], destination: destination.address }));
    await expectMovedWhole(source, destination, path);
    expect((await destination.api.read(DISK, 4096, 13)).toString()).toBe('written since');
  });

  it('goes on when what it waited for is done', async () => {
    const { source, destination, path, id, hold } = await heldAt(point, role);
    hold.release();
    await untilState(source.api, id, 'completed');
    await expectMovedWhole(source, destination, path);
  });

  it('leaves nothing when the move is cancelled meanwhile', async () => {
    const { source, destination, id, hold } = await heldAt(point, role);
    await source.api.cancel(id);
    await untilState(source.api, id, 'cancelled');
    hold.release();
    await expectSourceOwns(source);
    await expectNothingLeft(destination);
    await until('the destination to have noted it', () => recordedRole(destination) === 'aborted');
    expect(existsSync(destination.imagePath(DISK))).toBe(false);
  });
});
