/** Other ways in which a machine moves: with storage that both hosts have, when it is off, with much memory, under load. */
import { statSync } from 'node:fs';
import { guestStatus, powerOffGuest, readRecords } from '@godwit/guest';
import { expect, it } from 'vitest';
import { until } from '../harness/condition.js';
import { untilState } from '../harness/moving.js';
import { stageForTest } from '../harness/testStage.js';
import { expectGoesOn, moveAndJudge, untilAtWork } from './vm/judging.js';
import { VM, VmScene } from './vm/vmScene.js';

const MEBIBYTE = 1024 * 1024;

it('leaves its disk where it is on shared storage, proves that it is shared, and moves the rest', async (context) => {
  const stage = stageForTest();
  const scene = await VmScene.booted(context, stage, { shared: true });
  const { source, destination } = scene;
  await untilAtWork(scene);
  const { view } = await moveAndJudge(scene, source, destination, { storage: 'shared' });
  expect(view.images).toEqual([`${VM}-ram`, `${VM}-state`]);
  await moveAndJudge(scene, destination, source, { storage: 'shared' });
  const { diskSeq } = scene.console;
  await source.vms.stop(VM);
  const records = await readRecords(scene.diskPath, await stage.folder('read'));
  expect(records.findings).toEqual([]);
  expect(records.lastSeq).toBeGreaterThanOrEqual(diskSeq);
}, 120_000);

it('is not taken for one on shared storage when it is not marked so', async (context) => {
  const scene = await VmScene.booted(context, stageForTest());
  const { source, destination } = scene;
  await expect(source.vms.migrate(VM, scene.moveTo(destination, { storage: 'shared' }))).rejects.toMatchObject({
    code: 'E_VM',
    message: expect.stringContaining('not marked as shared'),
  });
  // Off: its disk and its manifest move, and it is started there.
  await untilAtWork(scene);
  await powerOffGuest(source.commandPort);
  await until('the machine to be off', async () => (await source.vms.view(VM)).phase === 'stopped');
  const id = await source.vms.migrate(VM, scene.moveTo(destination));
  const view = await untilState(source.agent.api, id, 'completed');
  expect(view).toMatchObject({ mode: 'cold', images: [`${VM}-disk0`] });
  expect(await destination.vms.view(VM)).toMatchObject({ phase: 'stopped' });
  const { diskSeq } = scene.console;
  const started = await destination.vms.start(VM);
  expect(started).toMatchObject({ phase: 'running' });
  await scene.console.until('it to boot anew', ({ bootIds }) => bootIds.length === 2);
  await scene.console.until('its records to be found', ({ replay }) => (replay?.seq ?? 0) >= diskSeq);
  expect(await guestStatus(destination.commandPort)).toMatchObject({ disk: 'ok' });
}, 120_000);

it('moves a GiB of memory that is mostly zeros, and a disk that is busy', async (context) => {
  const scene = await VmScene.booted(context, stageForTest(), {
    memoryMiB: 1024,
    work: { busyKiBPerSec: 4096, busyMiB: 16, writesPerSec: 100 },
  });
  const { source, destination } = scene;
  await untilAtWork(scene);
  const before = await guestStatus(source.commandPort);
  const { view } = await moveAndJudge(scene, source, destination);
  expect(view.progress.wireBytes).toBeLessThan(512 * MEBIBYTE);
  await expectGoesOn(scene, destination, before);
  const { busy, busyBytes } = await guestStatus(destination.commandPort);
  expect({ busy, moved: busyBytes > before.busyBytes }).toEqual({ busy: 'ok', moved: true });
  expect(statSync(scene.ramPath(destination)).blocks * 512).toBeLessThan(512 * MEBIBYTE);
}, 120_000);
