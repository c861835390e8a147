import { closeSync, openSync, readSync } from 'node:fs';
import { expect, it, type TestContext } from 'vitest';
import { HAS_HOLES } from '../harness/forced.js';
import { runWell } from '../harness/foreignCommand.js';
import { makeEmptyImage } from '../harness/imageFiles.js';
import { dataRangesOf } from '../harness/sparseFile.js';
import { stageForTest } from '../harness/testStage.js';
import { requireTool } from '../harness/tools.js';
import { dataByNbdinfo, dataByQemuImg, dirtyByNbdinfo } from './mapping.js';
import { type NbdServer, nbdServer } from './nbdServer.js';
import { qemuIo } from './qemuIo.js';

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * 1024;
const TEBIBYTE = 1024 ** 4;
const SIZE_BYTES = 3 * TEBIBYTE;

/** Beyond 32 bits of sectors, and at the very end. */
const [FAR, LAST] = [2 * TEBIBYTE + 4 * MEBIBYTE, SIZE_BYTES - 64 * KIBIBYTE];

async function bigServer(context: TestContext): Promise<{ server: NbdServer; path: string }> {
  for (const tool of ['qemu-io', 'qemu-img', 'nbdinfo']) requireTool(context, tool);
  const stage = stageForTest();
  const path = stage.path('big.raw');
  makeEmptyImage(path, SIZE_BYTES);
  return { server: await nbdServer(stage, { big: path }), path };
}

it.runIf(HAS_HOLES)('an image of 3 TiB is written and read beyond 2 TiB and at its end', async (context) => {
  const { server, path } = await bigServer(context);
  const uri = server.uri('big');
  expect(await runWell('nbdinfo', ['--size', uri])).toBe(`${SIZE_BYTES}\n`);
  await qemuIo(uri, [
    `write -P 0x11 ${FAR} 64k`,
    `write -P 0x22 ${LAST} 64k`,
    `write -z ${LAST} 512`,
    `read -P 0x11 ${FAR} 64k`,
    `read -P 0 ${LAST} 512`,
    `read -P 0x22 ${LAST + 512} 65024`,
    `read -P 0 ${FAR - MEBIBYTE} 1M`,
    'flush',
  ]);
  expect(byteOf(path, FAR)).toBe(0x11);
  expect(byteOf(path, SIZE_BYTES - 1)).toBe(0x22);
});

it.runIf(HAS_HOLES)('an image of 3 TiB is mapped, by its holes and by what is dirty', async (context) => {
  const { server, path } = await bigServer(context);
  const uri = server.uri('big', 'unix');
  await qemuIo(uri, [`write -P 0x11 ${FAR} 64k`, `write -P 0x22 ${LAST} 64k`]);
  const written = [
    { offset: FAR, length: 64 * KIBIBYTE },
    { offset: LAST, length: 64 * KIBIBYTE },
  ];
  expect(dataRangesOf(path)).toEqual(written);
  expect(await dataByNbdinfo(uri)).toEqual(written);
  expect(await dataByQemuImg(uri)).toEqual(written);
  expect(await dirtyByNbdinfo(uri, 'qemu:dirty-bitmap:godwit')).toEqual(written);
});

it.runIf(HAS_HOLES)('an image of 3 TiB is discarded in pieces of up to 2 GiB', async (context) => {
  const { server, path } = await bigServer(context);
  await qemuIo(server.uri('big'), [`write -P 0x11 ${FAR} 1M`, `discard ${FAR - 1024 * MEBIBYTE} 2047M`]);
  expect(dataRangesOf(path)).toEqual([]);
});

function byteOf(path: string, offset: number): number {
  const fd = openSync(path, 'r');
  try {
    const byte = Buffer.alloc(1);
    readSync(fd, byte, 0, 1, offset);
    return byte.readUInt8(0);
  } finally {
    closeSync(fd);
  }
}
