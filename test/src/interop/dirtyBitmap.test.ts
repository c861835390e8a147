import { expect, it, type TestContext } from 'vitest';
import { run, runWell } from '../harness/foreignCommand.js';
import { makeRandomImage } from '../harness/imageFiles.js';
import type { DataRange } from '../harness/sparseFile.js';
import { stageForTest } from '../harness/testStage.js';
import { requireTool } from '../harness/tools.js';
import { dirtyByNbdinfo, dirtyByQemuImg } from './mapping.js';
import { type NbdServer, nbdServer, TRANSPORTS, type Transport } from './nbdServer.js';
import { qemuIo } from './qemuIo.js';

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * 1024;
const SIZE_BYTES = 16 * MEBIBYTE;
const BITMAP = 'qemu:dirty-bitmap:godwit';

async function serverOfBlocks(context: TestContext, blocks: string): Promise<NbdServer> {
  for (const tool of ['qemu-img', 'qemu-io', 'nbdinfo']) requireTool(context, tool);
  const stage = stageForTest();
  makeRandomImage(stage.path('disk.raw'), SIZE_BYTES, 51);
  return nbdServer(stage, { disk: stage.path('disk.raw') + blocks });
}

/** What qemu-img and nbdinfo show as dirty; they have to agree. */
async function dirtyOf(server: NbdServer, transport: Transport): Promise<DataRange[]> {
  const place = transport === 'TCP' ? `server.type=inet,server.host=127.0.0.1,server.port=${server.port}` : '';
  const address = place || `server.type=unix,server.path=${server.socketPath}`;
  const byQemu = await dirtyByQemuImg('--image-opts', `driver=nbd,export=disk,${address},x-dirty-bitmap=${BITMAP}`);
  const byLibnbd = await dirtyByNbdinfo(server.uri('disk', transport), BITMAP);
  expect(byQemu).toEqual(byLibnbd);
  return byLibnbd;
}

function blocks(blockBytes: number, ...runs: readonly (readonly [first: number, count: number])[]): DataRange[] {
  return runs.map(([first, count]) => ({ offset: first * blockBytes, length: count * blockBytes }));
}

it.for(TRANSPORTS)(
  'what was written, zeroed and discarded over %s is dirty, in blocks of 64 KiB',
  async (transport, context) => {
    const server = await serverOfBlocks(context, '');
    expect(await dirtyOf(server, transport)).toEqual([]);
    const uri = server.uri('disk', transport);
    await qemuIo(uri, ['read 0 16M', 'flush']);
    expect(await dirtyOf(server, transport)).toEqual([]);
    await qemuIo(uri, [
      'write -P 1 1M 64k',
      // One byte on either side of a boundary.
      `write -P 2 ${3 * MEBIBYTE - 1} 2`,
      'write -z 5M 192k',
      'write -zu 7M 4k',
      'discard 9M 128k',
      `write -P 3 ${SIZE_BYTES - 1} 1`,
    ]);
    expect(await dirtyOf(server, transport)).toEqual(
      blocks(64 * KIBIBYTE, [16, 1], [47, 2], [80, 3], [112, 1], [144, 2], [255, 1]),
    );
  },
);

it('an image with blocks of 4 KiB shows them', async (context) => {
  const server = await serverOfBlocks(context, ',block=4K');
  await qemuIo(server.uri('disk'), ['write -P 1 8191 2', 'write -P 1 1M 12k']);
  expect(await dirtyOf(server, 'TCP')).toEqual(blocks(4 * KIBIBYTE, [1, 2], [256, 3]));
});

it('writes by HTTP are shown too', async (context) => {
  const server = await serverOfBlocks(context, '');
  await server.api.write('disk', 2 * MEBIBYTE, Buffer.alloc(100, 7));
  expect(await dirtyOf(server, 'unix')).toEqual(blocks(64 * KIBIBYTE, [32, 1]));
});

it('a bitmap of another name does not exist', async (context) => {
  const server = await serverOfBlocks(context, '');
  const { code, stderr } = await run('nbdinfo', ['--map=qemu:dirty-bitmap:other', server.uri('disk')]);
  expect(code).not.toBe(0);
  expect(stderr).toContain('qemu:dirty-bitmap:other');
  expect(await runWell('nbdinfo', ['--size', server.uri('disk')])).toBe(`${SIZE_BYTES}\n`);
});
