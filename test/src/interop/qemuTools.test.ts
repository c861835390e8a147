import { readFileSync } from 'node:fs';
import { describe, expect, it, type TestContext } from 'vitest';
import { run, runWell } from '../harness/foreignCommand.js';
import { makeEmptyImage, makeMixedImage, makeRandomImage, makeSparseImage } from '../harness/imageFiles.js';
import { parseJson } from '../harness/jsonGuards.js';
import { allocatedBytesOf, dataRangesOf, sparseDigestOf } from '../harness/sparseFile.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { requireTool } from '../harness/tools.js';
import { dataByQemuImg } from './mapping.js';
import { nbdServer, TRANSPORTS } from './nbdServer.js';
import { qemuIo } from './qemuIo.js';

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * 1024;
const SIZE_BYTES = 36 * MEBIBYTE;

function stageWithQemu(context: TestContext): Stage {
  requireTool(context, 'qemu-img');
  requireTool(context, 'qemu-io');
  return stageForTest();
}

/** Bytes of a file, as the file system has them. */
function bytesOf(path: string, offset: number, length: number): Buffer {
  return readFileSync(path).subarray(offset, offset + length);
}

function isFilledWith(bytes: Buffer, value: number): boolean {
  return bytes.every((byte) => byte === value);
}

describe.each(TRANSPORTS)('qemu-img over %s', (transport) => {
  it('converts into an export out of order with 16 coroutines', async (context) => {
    const stage = stageWithQemu(context);
    const [path, wanted] = [stage.path('disk.raw'), stage.path('wanted.raw')];
    makeRandomImage(path, SIZE_BYTES, 11);
    makeMixedImage(wanted, SIZE_BYTES, 12);
    const server = await nbdServer(stage, { disk: path });
    const uri = server.uri('disk', transport);
    await runWell('qemu-img', ['convert', '-n', '-W', '-m', '16', '-f', 'raw', '-O', 'raw', wanted, uri]);
    expect(sparseDigestOf(path)).toBe(sparseDigestOf(wanted));
    expect(await runWell('qemu-img', ['compare', '-f', 'raw', '-F', 'raw', uri, wanted])).toBe(
      'Images are identical.\n',
    );
  });

  it('converts an export into a file, and compare finds one byte that differs', async (context) => {
    const stage = stageWithQemu(context);
    const [path, copy] = [stage.path('disk.raw'), stage.path('copy.raw')];
    makeMixedImage(path, SIZE_BYTES, 13);
    const server = await nbdServer(stage, { disk: path });
    const uri = server.uri('disk', transport);
    await runWell('qemu-img', ['convert', '-W', '-m', '16', '-f', 'raw', '-O', 'raw', uri, copy]);
    expect(sparseDigestOf(copy)).toBe(sparseDigestOf(path));
    const offset = 20 * MEBIBYTE + 12_345;
    const [byte = 0] = bytesOf(path, offset, 1);
    await qemuIo(uri, [`write -P ${byte ^ 0xff} ${offset} 1`]);
    const { code, stdout } = await run('qemu-img', ['compare', '-f', 'raw', '-F', 'raw', uri, copy]);
    expect(code).toBe(1);
    // It compares sectors, and names the one with the difference.
    expect(stdout).toContain(`Content mismatch at offset ${Math.floor(offset / 512) * 512}!`);
  });

  it('maps the holes that the file has, and knows the size', async (context) => {
    const stage = stageWithQemu(context);
    const path = stage.path('disk.raw');
    makeSparseImage(path, SIZE_BYTES, 7 * MEBIBYTE, 14);
    const server = await nbdServer(stage, { disk: path });
    const uri = server.uri('disk', transport);
    expect(await dataByQemuImg(uri)).toEqual(dataRangesOf(path));
    const info = parseJson(await runWell('qemu-img', ['info', '--output=json', uri]));
    expect(info).toMatchObject({ 'virtual-size': SIZE_BYTES, format: 'raw' });
  });
});

describe.each(TRANSPORTS)('qemu-io over %s', (transport) => {
  it('writes, reads back, zeroes, discards and flushes', async (context) => {
    const stage = stageWithQemu(context);
    const path = stage.path('disk.raw');
    makeRandomImage(path, SIZE_BYTES, 15);
    const server = await nbdServer(stage, { disk: path });
    await qemuIo(server.uri('disk', transport), [
      'write -P 0xa5 1M 64k',
      'read -P 0xa5 1M 64k',
      'write -f -P 0x5a 3M 4k',
      'read -P 0x5a 3M 4k',
      'write -z 1M 32k',
      'read -P 0 1M 32k',
      'read -P 0xa5 1056k 32k',
      'write -zu 5M 1M',
      'write -z -n 6M 1M',
      'read -P 0 5M 2M',
      'discard 32M 1M',
      'read -P 0 32M 1M',
      'flush',
    ]);
    expect(isFilledWith(bytesOf(path, MEBIBYTE, 32 * KIBIBYTE), 0)).toBe(true);
    expect(isFilledWith(bytesOf(path, MEBIBYTE + 32 * KIBIBYTE, 32 * KIBIBYTE), 0xa5)).toBe(true);
    expect(isFilledWith(bytesOf(path, 3 * MEBIBYTE, 4 * KIBIBYTE), 0x5a)).toBe(true);
    // May-unmap and discard gave their space back; zeroes alone kept theirs.
    expect(SIZE_BYTES - allocatedBytesOf(path)).toBe(2 * MEBIBYTE);
    const holes = dataRangesOf(path).map(({ offset, length }) => offset + length);
    expect(holes).toEqual(expect.arrayContaining([5 * MEBIBYTE, 32 * MEBIBYTE]));
  });

  it('sends sectors and odd requests, each of which changes nothing beside it', async (context) => {
    const stage = stageWithQemu(context);
    const [path, wanted] = [stage.path('disk.raw'), stage.path('wanted.raw')];
    makeRandomImage(path, MEBIBYTE, 16);
    const expected = readFileSync(path);
    const server = await nbdServer(stage, { disk: path });
    /** Offset, length, byte. */
    const writes = [
      [4095, 3, 1],
      [512, 512, 2],
      [65_535, 65_537, 3],
      [200_001, 1, 4],
      [MEBIBYTE - 1, 1, 5],
      [300_000, 99_999, 0],
    ] as const;
    for (const [offset, length, byte] of writes) expected.fill(byte, offset, offset + length);
    const steps = writes.flatMap(([offset, length, byte]) => [
      byte === 0 ? `write -z ${offset} ${length}` : `write -P ${byte} ${offset} ${length}`,
      `read -P ${byte} ${offset} ${length}`,
    ]);
    await qemuIo(server.uri('disk', transport), steps);
    expect(readFileSync(path).equals(expected)).toBe(true);
    await runWell('qemu-img', ['convert', '-f', 'raw', '-O', 'raw', server.uri('disk', transport), wanted]);
    expect(readFileSync(wanted).equals(expected)).toBe(true);
  });

  it('verifies requests that are in flight together', async (context) => {
    const stage = stageWithQemu(context);
    const path = stage.path('disk.raw');
    makeEmptyImage(path, SIZE_BYTES);
    const server = await nbdServer(stage, { disk: path });
    const places = Array.from({ length: 32 }, (_, index) => ({ at: `${index * 1100}k`, byte: index + 1 }));
    await qemuIo(server.uri('disk', transport), [
      ...places.map(({ at, byte }) => `aio_write -P ${byte} ${at} 1M`),
      'aio_flush',
      ...places.map(({ at, byte }) => `aio_read -P ${byte} ${at} 1M`),
      'aio_flush',
    ]);
  });
});

it('a failed verification of qemu-io is noticed', async (context) => {
  const stage = stageWithQemu(context);
  const path = stage.path('disk.raw');
  makeEmptyImage(path, MEBIBYTE);
  const server = await nbdServer(stage, { disk: path });
  const wrong = qemuIo(server.uri('disk'), ['aio_write -P 1 0 64k', 'aio_flush', 'aio_read -P 2 0 64k', 'aio_flush']);
  await expect(wrong).rejects.toThrow('verification failed');
});
