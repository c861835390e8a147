/** The guest itself, under plain QEMU: what later tests believe of it. */
import {
  buildGuest,
  damageOracle,
  type GuestWork,
  guestStatus,
  makeRecordDisk,
  powerOffGuest,
  readRecords,
  scanOracle,
  setOraclePause,
} from '@godwit/guest';
import { expect, it, type TestContext } from 'vitest';
import { until } from '../harness/condition.js';
import { makeEmptyImage } from '../harness/imageFiles.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { connectEcho, GuestMachine, machinePlan, requireGuest } from './guest/machine.js';

const MEBIBYTE = 1024 * 1024;
const DISK_BYTES = 64 * MEBIBYTE;
const BOOTED = 'the guest to boot';

async function recordDisk(stage: Stage, name: string): Promise<string> {
  const path = stage.path(name);
  makeEmptyImage(path, DISK_BYTES);
  await makeRecordDisk(path);
  return path;
}

async function machineWith(
  context: TestContext,
  work: GuestWork,
  ...disks: readonly string[]
): Promise<{ stage: Stage; machine: GuestMachine; disk: string }> {
  requireGuest(context);
  const stage = stageForTest();
  const guest = await buildGuest();
  const disk = await recordDisk(stage, 'disk.raw');
  const more = disks.map((name) => stage.path(name));
  for (const path of more) makeEmptyImage(path, DISK_BYTES);
  const machine = await GuestMachine.start(stage, await machinePlan(stage, { guest, work, disks: [disk, ...more] }));
  return { stage, machine, disk };
}

it('runs counter, oracle, writer and servers, and what it left can be judged from outside', async (context) => {
  const { stage, machine, disk } = await machineWith(context, {});
  const startedAtMs = performance.now();
  await machine.console.until(BOOTED, ({ isReady }) => isReady);
  console.log(`the guest has booted in ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s`);
  const { echoPort, commandPort, memoryFile } = machine.plan;
  const echo = await connectEcho(stage, echoPort);
  await setOraclePause(commandPort, 100);
  await machine.console.until(
    'some work',
    ({ ticks, diskSeq, oracle }) => ticks.length > 200 && diskSeq > 20 && oracle !== undefined && oracle.passes > 1,
  );
  expect(machine.console).toMatchObject({ bootIds: [expect.any(String)], oracle: { verdict: 'ok' } });
  const status = await guestStatus(commandPort);
  expect(status).toMatchObject({ bootId: machine.console.bootIds[0], oracle: 'ok', disk: 'ok', diskReplayed: 0 });
  expect(echo.stop()).toMatchObject({ failure: undefined, answered: expect.toSatisfy((count) => count > 10) });

  await machine.qmp.command('stop');
  const { diskSeq } = machine.console;
  expect(scanOracle(memoryFile)).toMatchObject({ findings: [] });
  const records = await readRecords(disk, await stage.folder('read'));
  expect(records.findings).toEqual([]);
  expect(records.lastSeq).toBeGreaterThanOrEqual(diskSeq);
  expect(machine.console.longestGap().guestMs).toBeGreaterThan(0);
});

it('finds a page that was spoiled, by itself and from outside', async (context) => {
  const { machine } = await machineWith(context, { off: ['c'] });
  await machine.console.until('the oracle to be started', ({ oracle }) => oracle !== undefined);
  await damageOracle(machine.plan.commandPort, 9000);
  await until('the page to be found', async () => (await guestStatus(machine.plan.commandPort)).oracle !== 'ok');
  expect((await guestStatus(machine.plan.commandPort)).oracle).toMatch(/^BAD page 9000 is at \d+ instead of \d+$/);
  await machine.qmp.command('stop');
  expect(scanOracle(machine.plan.memoryFile).findings[0]).toMatch(/^page 9000 /);
});

it('goes on with the records that a machine has left that was killed, beside a busy disk', async (context) => {
  const { stage, machine, disk } = await machineWith(context, { writesPerSec: 0, busyKiBPerSec: 2048 }, 'busy.raw');
  await machine.console.until(
    'some records',
    ({ diskSeq, busy }) => diskSeq > 50 && busy !== undefined && busy.writes > 50,
  );
  expect(machine.console.busy?.verdict).toBe('ok');
  await machine.process.kill();
  const { diskSeq } = machine.console;
  const plan = await machinePlan(stage, { guest: machine.plan.guest, disks: [disk] });
  const next = await GuestMachine.start(stage, plan);
  await next.console.until('more records', (console) => console.diskSeq > diskSeq + 5);
  expect(next.console.replay).toMatchObject({ verdict: 'ok', seq: expect.toSatisfy((seq) => seq >= diskSeq) });
  await powerOffGuest(plan.commandPort);
  await next.process.ended;
  expect(next.console.isOff).toBe(true);
  const records = await readRecords(disk, await stage.folder('read'));
  expect(records.findings).toEqual([]);
  expect(records.lastSeq).toBeGreaterThanOrEqual(next.console.diskSeq);
});
