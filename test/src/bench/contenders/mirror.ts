/** QEMU's way to move a disk that is written to: blockdev-mirror to an NBD server, and a pivot when it is ready. */
import { ForeignDaemon } from '../../harness/foreignDaemon.js';
import { makeEmptyImage } from '../../harness/imageFiles.js';
import { freePort } from '../../harness/ports.js';
import { Stage } from '../../harness/stage.js';
import { nbdNode, StorageDaemon } from '../../harness/storageDaemon.js';
import { hasTool } from '../../harness/tools.js';
import type { Contender, Ends, Run } from '../measured.js';
import { cpuSecondsOf, peakMebibytesOf } from '../processCost.js';
import { assertEqualBeyond, feltBy, type LivePlan, undisturbed, writerOf } from './livePlan.js';

export const MIRROR = 'QEMU blockdev-mirror';

export function mirror(plan: LivePlan): Contender {
  const missing = ['fio', 'qemu-storage-daemon', 'qemu-nbd'].filter((tool) => !hasTool(tool));
  return {
    name: MIRROR,
    ...(missing.length === 0 ? {} : { lacks: `${missing.join(' and ')} not installed` }),
    run: () => mirrorOnce(plan),
  };
}

interface Mirror {
  readonly qemu: StorageDaemon;
  readonly targetPid: number;
  readonly wireBytes: () => number;
}

async function mirrorOnce(plan: LivePlan): Promise<Run> {
  const stage = new Stage(plan.place.folder);
  try {
    const [original, copy] = [stage.path('original.raw'), stage.path('copy.raw')];
    plan.make(original);
    makeEmptyImage(copy, plan.sizeBytes);
    const { qemu, targetPid, wireBytes } = await started(stage, plan, original, copy);
    const fio = writerOf(stage, qemu.uri, plan);
    await undisturbed();
    const cpu = (): Ends => ({ source: cpuSecondsOf(qemu.process.pid), destination: cpuSecondsOf(targetPid) });
    const before = cpu();
    const startMs = Date.now();
    await qemu.qmp.command('blockdev-mirror', { 'job-id': 'mirror', device: 'origin', target: 'target', sync: 'full' });
    await qemu.qmp.event('BLOCK_JOB_READY');
    await qemu.qmp.command('job-complete', { id: 'mirror' });
    const end = await qemu.qmp.event('BLOCK_JOB_COMPLETED');
    if ('error' in end) throw new Error(`the mirror failed: ${String(end['error'])}`);
    const endMs = Date.now();
    const after = cpu();
    const wired = wireBytes();
    const peaks = { source: peakMebibytesOf(qemu.process.pid), destination: peakMebibytesOf(targetPid) };
    await undisturbed();
    fio.stop();
    await fio.result();
    await assertEqualBeyond(plan, original, copy);
    return {
      seconds: (endMs - startMs) / 1000,
      movedBytes: plan.sizeBytes,
      cpuSeconds: { source: after.source - before.source, destination: after.destination - before.destination },
      peakMebibytes: peaks,
      ...(wired > 0 ? { wireBytes: wired } : {}),
      figures: feltBy(fio.requests(), { startMs, endMs }),
    };
  } finally {
    await stage.close();
  }
}

async function started(stage: Stage, plan: LivePlan, original: string, copy: string): Promise<Mirror> {
  const serverPort = await freePort();
  const place = ['-b', '127.0.0.1', '-p', String(serverPort)];
  const how = ['-f', 'raw', '-t', '-e', '8', '--cache=writeback', '--discard=unmap'];
  const target = new ForeignDaemon(stage, 'qemu-nbd', [...how, ...place, copy]);
  await target.answering({ port: serverPort });
  const wire = plan.wire === undefined ? undefined : await stage.delayProxy({ ...plan.wire, targetPort: serverPort });
  const qemu = await StorageDaemon.start(stage, [
    { driver: 'raw', 'node-name': 'origin', file: { driver: 'file', filename: original } },
    nbdNode('target', '', { port: wire?.port ?? serverPort }),
  ]);
  return { qemu, targetPid: target.pid, wireBytes: () => wire?.passedBytes.toDestination ?? 0 };
}
