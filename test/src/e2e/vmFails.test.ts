/** Until it is sealed, whatever ends the move of a guest leaves it where it is, at work within a second. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { guestStatus } from '@godwit/guest';
import { expect, it } from 'vitest';
import { godwit } from '../harness/command.js';
import { until } from '../harness/condition.js';
import { hasFields, parseJson } from '../harness/jsonGuards.js';
import { untilEnded, untilState } from '../harness/moving.js';
import { resizeTmpfs } from '../harness/smallDisk.js';
import { stageForTest } from '../harness/testStage.js';
import { Holds } from './vm/holds.js';
import { expectGoesOn, expectNothingLeft, expectResumes, moveAndJudge, stateDirOf, untilAtWork } from './vm/judging.js';
import { VM, type VmHost, VmScene } from './vm/vmScene.js';

const MEBIBYTE = 1024 * 1024;
const AT_SOURCE = ['source.active.before-switch', 'source.switchover.frozen', 'source.switchover.before-seal'] as const;
const AT_DESTINATION = ['dest.before-data-sync', 'dest.before-prepared'] as const;

it('goes on where it is when it is cancelled, in whatever state', async (context) => {
  const stage = stageForTest();
  const holds = new Holds(stage, [...AT_SOURCE, ...AT_DESTINATION]);
  const env = { env: holds.env };
  const scene = await VmScene.booted(context, stage, { source: env, destination: env });
  const { source, destination } = scene;
  await untilAtWork(scene);
  const before = await guestStatus(source.commandPort);
  // In setup: its QEMU there is just being started.
  const early = await source.vms.migrate(VM, scene.moveTo(destination));
  await source.agent.api.cancel(early);
  expect(await untilEnded(source.agent.api, early)).toMatchObject({ state: 'cancelled' });
  await expectNothingLeft(destination);
  for (const point of [...AT_SOURCE, ...AT_DESTINATION]) {
    holds.arm(point);
    const id = await source.vms.migrate(VM, scene.moveTo(destination));
    await holds.reached(point, source.agent, id);
    await source.agent.api.cancel(id);
    holds.release(point);
    await expectResumes(scene);
    expect(await untilEnded(source.agent.api, id), point).toMatchObject({ state: 'cancelled' });
    await expectNothingLeft(destination);
  }
  await expectGoesOn(scene, source, before);
  await moveAndJudge(scene, source, destination);
}, 300_000);

/** A QEMU that says what it can, and does not start to wait for a guest. */
const BROKEN_QEMU = `#!/bin/sh
case "$*" in *-incoming*) echo "no guest today" >&2; exit 1 ;; esac
exec /usr/bin/qemu-system-x86_64 "$@"
`;

it('goes on where it is when its QEMU does not start there, is another one, or takes no device state', async (context) => {
  const stage = stageForTest();
  const bin = stage.path('bin');
  mkdirSync(bin);
  const qemu = join(bin, 'qemu-system-x86_64');
  const there = (script: string) => {
    writeFileSync(qemu, script);
    chmodSync(qemu, 0o755);
  };
  there(BROKEN_QEMU);
  const env = { PATH: `${bin}:/usr/bin:/bin:/usr/sbin:/sbin` };
  const scene = await VmScene.booted(context, stage, { destination: { env } });
  const { source, destination } = scene;
  await untilAtWork(scene);
  const before = await guestStatus(source.commandPort);
  const failed = async () => {
    const id = await source.vms.migrate(VM, scene.moveTo(destination));
    return untilEnded(source.agent.api, id);
  };
  const unstarted = await failed();
  expect(unstarted).toMatchObject({ state: 'failed', error: { code: 'E_QEMU_START' } });
  expect(unstarted.error?.message).toContain('no guest today');
  expect(unstarted.progress.wireBytes).toBe(0);
  await expectNothingLeft(destination);

  // It has a device less, and is told so by QEMU itself.
  there(`#!/usr/bin/python3
import os, sys
args = sys.argv[1:]
if "-incoming" in args:
    at = [i for i, a in enumerate(args) if a.startswith("virtio-net-pci")][0]
    del args[at - 1:at + 1]
os.execv("/usr/bin/qemu-system-x86_64", ["qemu-system-x86_64"] + args)
`);
  const refused = await failed();
  expect(refused).toMatchObject({ state: 'failed', error: { code: 'E_DEVICE_STATE' } });
  await expectResumes(scene);
  await expectNothingLeft(destination);

  there('#!/bin/sh\nexit 127\n');
  await expect(failed()).rejects.toMatchObject({ code: 'E_VM_FINDINGS' });
  there(`#!/bin/sh
case "$*" in *"-machine help"*) echo "Supported machines are:"; echo "pc-q35-6.0  Standard PC"; exit 0 ;; esac
exec /usr/bin/qemu-system-x86_64 "$@"
`);
  const findings = await source.vms.check(VM, scene.moveTo(destination));
  expect(findings).toContainEqual(expect.objectContaining({ severity: 'error', code: 'machine-unknown' }));
  await expect(failed()).rejects.toMatchObject({ code: 'E_VM_FINDINGS' });

  await expectGoesOn(scene, source, before);
  there('#!/bin/sh\nexec /usr/bin/qemu-system-x86_64 "$@"\n');
  await moveAndJudge(scene, source, destination);
}, 300_000);

it('goes on where it is when the link is cut in the pause, and moves when there is a link again', async (context) => {
  const stage = stageForTest();
  const holds = new Holds(stage, ['source.switchover.frozen', 'source.switchover.before-seal']);
  const scene = await VmScene.booted(context, stage, { source: { env: holds.env } });
  const { source, destination } = scene;
  await untilAtWork(scene);
  const before = await guestStatus(source.commandPort);
  const proxy = await stage.proxy({ targetPort: destination.agent.plan.port ?? 0 });
  const heldAt = async (point: 'source.switchover.frozen' | 'source.switchover.before-seal') => {
    holds.arm(point);
    const id = await source.vms.migrate(
      VM,
      scene.moveTo(destination, { destination: proxy.address, patienceMs: 60_000 }),
    );
    await holds.reached(point, source.agent, id);
    proxy.cut();
    await expectResumes(scene);
    holds.release(point);
    return id;
  };
  const given = await heldAt('source.switchover.frozen');
  await source.agent.api.cancel(given);
  expect(await untilEnded(source.agent.api, given)).toMatchObject({ state: 'cancelled' });
  await expectNothingLeft(destination);
  // Loaded there already: what was loaded is old by the time that the link is back.
  await untilState(source.agent.api, await heldAt('source.switchover.before-seal'), 'completed');
  await expectGoesOn(scene, destination, before);
}, 300_000);

function isProcess(value: unknown): value is { pid: number } {
  return hasFields(value, { pid: 'number' }, 'a process');
}

function memoryServerOf(host: VmHost): number {
  const record = readFileSync(join(stateDirOf(host), 'vms', VM, 'ram-server.process.json'), 'utf8');
  const value = parseJson(record);
  if (!isProcess(value)) throw new Error(`no process in ${record}`);
  return value.pid;
}

it('whose memory is served no more is told of, does not move, and is started again by its operator', async (context) => {
  const scene = await VmScene.booted(context, stageForTest());
  const { source, destination } = scene;
  await untilAtWork(scene);
  const { pid = 0 } = await source.vms.view(VM);
  // One that needs a page that is not cached would end.
  process.kill(pid, 'SIGSTOP');
  process.kill(memoryServerOf(source), 'SIGKILL');
  await until('the agent to say so', () => source.agent.output.includes('its memory has ended'));
  const findings = await source.vms.check(VM, scene.moveTo(destination));
  expect(findings[0]).toMatchObject({ severity: 'error', code: 'memory-not-served' });
  // Whoever starts the agent anew pulls its plug (LIMITS.md).
  await source.agent.kill();
  await source.agent.start();
  expect(await source.vms.view(VM)).toMatchObject({ phase: 'stopped' });
  expect(await source.vms.start(VM)).toMatchObject({ phase: 'running', runState: 'running' });
  await scene.console.until('the guest to boot again', ({ bootIds }) => bootIds.length === 2, { patienceMs: 60_000 });
}, 300_000);

it('goes on where it is when there is no room for it there, whatever is forced, and moves once there is', async (context) => {
  const stage = stageForTest();
  const scene = await VmScene.booted(context, stage, { destination: { roomBytes: 64 * MEBIBYTE } });
  const { source, destination } = scene;
  const folder = destination.agent.plan.directory ?? '';
  const proxy = await stage.proxy({ targetPort: destination.agent.plan.port ?? 0 });
  await untilAtWork(scene);
  const before = await guestStatus(source.commandPort);
  const move = scene.moveTo(destination, { destination: proxy.address });
  // Too little for its memory; and just enough for that, but not for its disk as well.
  for (const roomMiB of [64, 256]) {
    await resizeTmpfs(folder, roomMiB * MEBIBYTE);
    const what = `${folder} has room for ${roomMiB} MiB`;
    expect(await source.vms.check(VM, move)).toContainEqual(
      expect.objectContaining({ severity: 'error', code: 'room-short', what: expect.stringContaining(what) }),
    );
    for (const forceWarnings of [false, true]) {
      const started = source.vms.migrate(VM, { ...move, forceWarnings });
      await expect(started).rejects.toMatchObject({ code: 'E_VM_FINDINGS' });
    }
    const nics = Object.entries(move.mapNics ?? {}).flatMap(([here, there]) => ['--map-nic', `${here}=${there}`]);
    const args = ['--to', proxy.address, '--source', source.agent.plan.apiUrl, ...nics, '--force-warnings'];
    const { code, stdout, stderr } = await godwit('vm', 'migrate', VM, ...args);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(what);
    expect(stderr).toContain(`E_VM_FINDINGS "${VM}" stays where it is`);
  }
  // It was asked, six times; no image was so much as offered.
  expect(proxy.passedBytes.toDestination).toBeLessThan(MEBIBYTE);
  for (const { agent } of [source, destination]) expect(await agent.api.migrations()).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
  await expect(destination.vms.view(VM)).rejects.toMatchObject({ code: 'E_NOT_FOUND' });
  await expectNothingLeft(destination);
  await expectGoesOn(scene, source, before);
  await resizeTmpfs(folder, 512 * MEBIBYTE);
  await moveAndJudge(scene, source, destination);
}, 300_000);
