/** `godwit proxy` in front of owners that we did not write, and of owners that want certificates. */
import { rmSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { until } from '../harness/condition.js';
import { GODWIT } from '../harness/daemonProcess.js';
import { runWell } from '../harness/foreignCommand.js';
import { ForeignDaemon } from '../harness/foreignDaemon.js';
import { makeEmptyImage } from '../harness/imageFiles.js';
import { DISK } from '../harness/pair.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { requireTool } from '../harness/tools.js';
import { fioVerifyOnly, MovingFio, movingWork, STRETCH_BYTES } from './movingFio.js';
import { certificateArgs, IMAGE_BYTES, tlsServer } from './tlsServer.js';

const PROVEN = { jobs: 4, errors: 0, verifiedBytes: STRETCH_BYTES };
const SECTOR_BYTES = 512;
/** Of what fio writes: when one server is killed and the other started. */
const TURNS = [0.2, 0.4, 0.6, 0.8];

async function qemuNbd(stage: Stage, path: string, socket: string): Promise<ForeignDaemon> {
  rmSync(socket, { force: true });
  const server = new ForeignDaemon(stage, 'qemu-nbd', ['-f', 'raw', '-t', '-e', '8', '-x', DISK, '-k', socket, path]);
  await server.answering({ path: socket });
  return server;
}

async function proxyTo(stage: Stage, to: string, args: readonly string[] = []): Promise<string> {
  const path = stage.path('proxy.sock');
  const words = ['proxy', '--listen', `unix:${path}`, '--to', to, '--log-level', 'debug', ...args];
  await new ForeignDaemon(stage, process.execPath, [GODWIT, ...words]).answering({ path });
  return `nbd+unix:///${DISK}?socket=${path}`;
}

describe('godwit proxy', () => {
  it('keeps fio going while qemu-nbd is killed and started elsewhere, again and again', async (context) => {
    for (const tool of ['fio', 'qemu-nbd']) requireTool(context, tool);
    const stage = stageForTest();
    const disk = stage.path('disk.raw');
    makeEmptyImage(disk, STRETCH_BYTES);
    const sockets = [stage.path('a.sock'), stage.path('b.sock')];
    let owner = await qemuNbd(stage, disk, sockets[0] ?? '');
    const uri = await proxyTo(stage, sockets.map((socket) => `unix:${socket}`).join(','));
    const work = movingWork(91);
    const fio = new MovingFio(uri, work);
    for (const [turn, share] of TURNS.entries()) {
      await until(`fio to have written ${share}`, async () => {
        if (fio.hasEnded) throw new Error(`fio ended before: ${JSON.stringify(await fio.report)}`);
        return statSync(disk).blocks * SECTOR_BYTES > STRETCH_BYTES * share;
      });
      await owner.kill();
      owner = await qemuNbd(stage, disk, sockets[(turn + 1) % 2] ?? '');
    }
    expect(await fio.report).toMatchObject({ ...PROVEN, writtenBytes: STRETCH_BYTES });
    expect(await fioVerifyOnly(uri, work)).toMatchObject(PROVEN);
  });

  it('shows its certificate to an owner with nbds://', async (context) => {
    for (const tool of ['openssl', 'nbdinfo']) requireTool(context, tool);
    const stage = stageForTest();
    const { authority, server } = await tlsServer(stage, { prove: true });
    const client = await authority.client();
    const args = [...certificateArgs(client), '--tls-ca', authority.cert];
    const uri = await proxyTo(stage, `nbds://localhost:${server.port}`, args);
    expect(await runWell('nbdinfo', ['--size', uri])).toBe(`${IMAGE_BYTES}\n`);
    await runWell('nbdinfo', ['--map', uri]);
  });
});
