import { describe, expect, it, type TestContext } from 'vitest';
import { makeEmptyImage, makeMixedImage } from '../harness/imageFiles.js';
import { DISK } from '../harness/pair.js';
import { sparseDigestOf } from '../harness/sparseFile.js';
import type { Stage } from '../harness/stage.js';
import { nbdNode, StorageDaemon } from '../harness/storageDaemon.js';
import { stageForTest } from '../harness/testStage.js';
import { requireTool } from '../harness/tools.js';
import { fioVerifyOnly, MovingFio, movingWork, STRETCH_BYTES } from './movingFio.js';
import { type NbdServer, nbdServer, TRANSPORTS, type Transport } from './nbdServer.js';

const SIZE_BYTES = STRETCH_BYTES + 16 * 1024 * 1024;
const PROVEN = { jobs: 4, errors: 0, verifiedBytes: STRETCH_BYTES };

function stageWithQemu(context: TestContext): Stage {
  for (const tool of ['fio', 'qemu-storage-daemon']) requireTool(context, tool);
  return stageForTest();
}

interface Mirror {
  readonly qemu: StorageDaemon;
  readonly origin: string;
  readonly target: NbdServer;
}

/** QEMU serves a file of its own, and mirrors it to an empty image of ours from the start. */
async function mirrorTo(stage: Stage, transport: Transport): Promise<Mirror> {
  const [origin, path] = [stage.path('origin.raw'), stage.path('disk.raw')];
  makeMixedImage(origin, SIZE_BYTES, 71);
  makeEmptyImage(path, SIZE_BYTES);
  const target = await nbdServer(stage, { [DISK]: path });
  const qemu = await StorageDaemon.start(stage, [
    { driver: 'raw', 'node-name': 'origin', file: { driver: 'file', filename: origin } },
    nbdNode('target', DISK, target.place(transport)),
  ]);
  return { qemu, origin, target };
}

async function startMirror({ qemu }: Mirror): Promise<void> {
  await qemu.qmp.command('blockdev-mirror', { 'job-id': 'mirror', device: 'origin', target: 'target', sync: 'full' });
}

describe('blockdev-mirror', () => {
  it.for(TRANSPORTS)('moves a workload of QEMU to our export over %s while it writes', async (transport, context) => {
    const stage = stageWithQemu(context);
    const mirror = await mirrorTo(stage, transport);
    const work = movingWork(72);
    const fio = new MovingFio(mirror.qemu.uri, work);
    await startMirror(mirror);
    await mirror.qemu.qmp.event('BLOCK_JOB_READY');
    expect(fio.hasEnded).toBe(false);
    await mirror.qemu.qmp.command('job-complete', { id: 'mirror' });
    expect(await mirror.qemu.qmp.event('BLOCK_JOB_COMPLETED')).not.toHaveProperty('error');
    // From here on fio writes to our export, through QEMU.
    expect(fio.hasEnded).toBe(false);
    expect(await fio.report).toMatchObject({ ...PROVEN, writtenBytes: STRETCH_BYTES });
    expect(await fioVerifyOnly(mirror.target.uri(DISK, transport), work)).toMatchObject(PROVEN);
    expect(sparseDigestOf(mirror.origin)).not.toBe(sparseDigestOf(stage.path('disk.raw')));
  });

  it('leaves a copy that equals the original once its writers have ended', async (context) => {
    const stage = stageWithQemu(context);
    const mirror = await mirrorTo(stage, 'TCP');
    const fio = new MovingFio(mirror.qemu.uri, movingWork(73));
    await startMirror(mirror);
    await mirror.qemu.qmp.event('BLOCK_JOB_READY');
    expect(fio.hasEnded).toBe(false);
    expect(await fio.report).toMatchObject({ ...PROVEN, writtenBytes: STRETCH_BYTES });
    // After it is ready, a mirror that is cancelled in order writes what is left and leaves its copy.
    await mirror.qemu.qmp.command('block-job-cancel', { device: 'mirror' });
    expect(await mirror.qemu.qmp.event('BLOCK_JOB_COMPLETED')).not.toHaveProperty('error');
    expect(sparseDigestOf(stage.path('disk.raw'))).toBe(sparseDigestOf(mirror.origin));
  });
});
