/**
 * QEMU's own way to move a machine with a disk of its own, as libvirt drives it: a mirror to an NBD export of the destination, then `migrate`,
 * which waits before the switch until the mirror has ended, and at the destination the export is closed and the guest let go on.
 */
import { truncateSync, writeFileSync } from 'node:fs';
import { buildGuest, type GuestConsole, makeRecordDisk } from '@godwit/guest';
import { QmpClient } from '../../../../packages/qemu/dist/index.js';
import {
  followConsole,
  type MachinePlan,
  machineArguments,
  machinePlan,
  requireGuest,
} from '../../e2e/guest/machine.js';
import { ForeignDaemon } from '../../harness/foreignDaemon.js';
import { makeEmptyImage } from '../../harness/imageFiles.js';
import { freePort } from '../../harness/ports.js';
import type { Stage } from '../../harness/stage.js';
import { nbdNode } from '../../harness/storageDaemon.js';
import { hasTool } from '../../harness/tools.js';
import type { Contender, Run } from '../measured.js';
import { peakMebibytesOf } from '../processCost.js';
import { atWork, movedBytesOf, onStage, REFUSING, SwitchWatch, type VmPlan } from './vmPlan.js';

export const QEMU_MIGRATE = 'QEMU migrate and mirror';

/** QEMU's own default is 128 MiB/s; Godwit has no limit unless told. */
const UNLIMITED_BYTES_PER_SEC = 10e9;
const PATIENCE_MS = 120_000;
const MEBIBYTE = 1024 ** 2;
/** The least that there is of a file system with some records. */
const DISK_DATA_BYTES = 64 * 1024;

export function vmQemu(plan: VmPlan): Contender {
  return {
    name: QEMU_MIGRATE,
    ...(hasTool('qemu-system-x86_64') ? {} : { lacks: 'qemu-system-x86_64 not installed' }),
    run: () => onStage(plan, (stage) => moveOnce(plan, stage)),
    countWire: () => onStage(plan, (stage) => countedMove(plan, stage)),
  };
}

/** A QEMU, and the monitor of it. */
interface Machine {
  readonly plan: MachinePlan;
  readonly process: ForeignDaemon;
  readonly qmp: QmpClient;
}

interface Both {
  readonly source: Machine;
  readonly destination: Machine;
  readonly console: GuestConsole;
  /** Where the source finds the destination: itself, or proxies that count. */
  readonly migrationPort: number;
  readonly nbdPort: number;
}

async function moveOnce(plan: VmPlan, stage: Stage): Promise<Run> {
  const both = await machines(stage, plan);
  const { source, destination, console } = both;
  await atWork(console);
  const { commandPort, echoPort } = source.plan;
  const ports = { command: commandPort, echo: echoPort, laterEcho: destination.plan.echoPort };
  const watch = await SwitchWatch.begin(console, ports);
  const startMs = performance.now();
  await move(both, plan);
  const seconds = (performance.now() - startMs) / 1000;
  const felt = await watch.end(destination.plan.commandPort);
  const { downtime, ramBytes } = await migrationOf(source.qmp);
  const [here, there] = [source.process.pid, destination.process.pid];
  return {
    seconds,
    movedBytes: movedBytesOf(plan),
    cpuSeconds: { source: Number.NaN, destination: Number.NaN },
    peakMebibytes: { source: peakMebibytesOf(here), destination: peakMebibytesOf(there) },
    figures: { ...felt, 'reported ms': downtime, 'ram MiB': ramBytes / MEBIBYTE },
  };
}

/** The same move by way of two proxies. What becomes of the guest is of no account here. */
async function countedMove(plan: VmPlan, stage: Stage): Promise<number> {
  const both = await machines(stage, plan);
  await atWork(both.console);
  const memory = await stage.proxy({ targetPort: both.migrationPort });
  const mirror = await stage.proxy({ targetPort: both.nbdPort });
  await move({ ...both, migrationPort: memory.port, nbdPort: mirror.port }, plan);
  const { ramBytes } = await migrationOf(both.source.qmp);
  const [memoryBytes, mirrorBytes] = [memory.passedBytes.toDestination, mirror.passedBytes.toDestination];
  // Device state travels with the memory, and each block of a record with its request.
  if (memoryBytes < ramBytes) throw new Error(`${memoryBytes} bytes passed of ${ramBytes} of memory`);
  if (mirrorBytes < DISK_DATA_BYTES) throw new Error(`${mirrorBytes} bytes passed of the mirror`);
  return memoryBytes + mirrorBytes;
}

async function machines(stage: Stage, { memoryMiB, diskMiB }: VmPlan): Promise<Both> {
  requireGuest(REFUSING);
  const guest = await buildGuest();
  const [original, copy] = [stage.path('disk.raw'), stage.path('copy.raw')];
  writeFileSync(original, '');
  truncateSync(original, diskMiB * MEBIBYTE);
  await makeRecordDisk(original);
  makeEmptyImage(copy, diskMiB * MEBIBYTE);
  const consoleLog = stage.path('console.log');
  const console = followConsole(stage, consoleLog);
  const common = { guest, memoryMiB, consoleLog };
  const waiting = ['-S', '-incoming', 'defer'];
  const [source, destination] = [
    await started(stage, await machinePlan(stage, { ...common, disks: [original] })),
    await started(stage, await machinePlan(stage, { ...common, disks: [copy], args: waiting })),
  ];
  const [migrationPort, nbdPort] = [await freePort(), await freePort()];
  await destination.qmp.execute('migrate-incoming', { uri: `tcp:127.0.0.1:${migrationPort}` });
  const addr = { type: 'inet', data: { host: '127.0.0.1', port: String(nbdPort) } };
  await destination.qmp.execute('nbd-server-start', { addr });
  const exported = { type: 'nbd', id: 'copy', 'node-name': 'disk0', name: 'copy', writable: true };
  await destination.qmp.execute('block-export-add', exported);
  return { source, destination, console, migrationPort, nbdPort };
}

async function started(stage: Stage, plan: MachinePlan): Promise<Machine> {
  const process = new ForeignDaemon(stage, 'qemu-system-x86_64', machineArguments(plan));
  await process.answering({ path: plan.control });
  const qmp = await QmpClient.connect(plan.control);
  stage.atEnd(async () => qmp.close());
  return { plan, process, qmp };
}

async function move({ source, destination, migrationPort, nbdPort }: Both, plan: VmPlan): Promise<void> {
  const { qmp } = source;
  const capabilities = ['events', 'pause-before-switchover'].map((capability) => ({ capability, state: true }));
  await qmp.execute('migrate-set-capabilities', { capabilities });
  await destination.qmp.execute('migrate-set-capabilities', { capabilities: capabilities.slice(0, 1) });
  const limits = { 'downtime-limit': plan.downtimeLimitMs, 'max-bandwidth': UNLIMITED_BYTES_PER_SEC };
  await qmp.execute('migrate-set-parameters', limits);
  await qmp.execute('blockdev-add', nbdNode('copy', 'copy', { port: nbdPort }));
  const ready = happens(qmp, 'BLOCK_JOB_READY');
  await qmp.execute('blockdev-mirror', { 'job-id': 'mirror', device: 'disk0', target: 'copy', sync: 'full' });
  await ready;
  const waits = reaches(qmp, 'pre-switchover');
  const arrived = reaches(destination.qmp, 'completed');
  await qmp.execute('migrate', { uri: `tcp:127.0.0.1:${migrationPort}` });
  await waits;
  // The guest stands still: what the mirror lacks is copied, and it ends without a pivot.
  const mirrored = happens(qmp, 'BLOCK_JOB_COMPLETED');
  await qmp.execute('block-job-cancel', { device: 'mirror' });
  await mirrored;
  await qmp.execute('migrate-continue', { state: 'pre-switchover' });
  await arrived;
  await destination.qmp.execute('nbd-server-stop');
  await destination.qmp.execute('cont');
}

async function happens(qmp: QmpClient, event: string): Promise<void> {
  await qmp.nextEvent(event, ({ name }) => name === event, PATIENCE_MS);
}

/** QEMU's own event of the step. */
async function reaches(qmp: QmpClient, status: string): Promise<void> {
  const seen = await qmp.nextEvent(
    status,
    ({ name, data }) => name === 'MIGRATION' && [status, 'failed'].includes(String(fieldOf(data, 'status'))),
    PATIENCE_MS,
  );
  if (fieldOf(seen.data, 'status') !== status) throw new Error('the migration failed');
}

async function migrationOf(qmp: QmpClient): Promise<{ downtime: number; ramBytes: number }> {
  const answer = await qmp.execute('query-migrate');
  const ramBytes = Number(fieldOf(fieldOf(answer, 'ram'), 'transferred'));
  return { downtime: Number(fieldOf(answer, 'downtime')), ramBytes };
}

function fieldOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return new Map<string, unknown>(Object.entries(value)).get(name);
}
