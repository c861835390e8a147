import { describe, expect, it, type TestContext } from 'vitest';
import { run, runWell } from '../harness/foreignCommand.js';
import { makeEmptyImage, makeMixedImage, makeRandomImage, makeSparseImage } from '../harness/imageFiles.js';
import { allocatedBytesOf, dataRangesOf, sparseDigestOf } from '../harness/sparseFile.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { requireTool } from '../harness/tools.js';
import { nbdServer, TRANSPORTS } from './nbdServer.js';

const MEBIBYTE = 1024 * 1024;
const SIZE_BYTES = 24 * MEBIBYTE;
/** Neither whole sectors nor whole blocks. */
const ODD_BYTES = 10 * MEBIBYTE + 777;

function stageWithNbdcopy(context: TestContext): Stage {
  requireTool(context, 'nbdcopy');
  return stageForTest();
}

describe.each(TRANSPORTS)('nbdcopy over %s', (transport) => {
  it('reads an image with 64 requests on each of 4 connections', async (context) => {
    const stage = stageWithNbdcopy(context);
    const [path, copy] = [stage.path('disk.raw'), stage.path('copy.raw')];
    makeMixedImage(path, SIZE_BYTES, 3);
    const server = await nbdServer(stage, { disk: path });
    await runWell('nbdcopy', ['--requests=64', '--connections=4', server.uri('disk', transport), copy]);
    expect(sparseDigestOf(copy)).toBe(sparseDigestOf(path));
  });

  it('writes an image over other data, and the holes arrive as holes', async (context) => {
    requireTool(context, 'qemu-img');
    const stage = stageWithNbdcopy(context);
    const [path, wanted] = [stage.path('disk.raw'), stage.path('wanted.raw')];
    makeRandomImage(path, SIZE_BYTES, 4);
    makeSparseImage(wanted, SIZE_BYTES, 6 * MEBIBYTE, 5);
    const server = await nbdServer(stage, { disk: path });
    const uri = server.uri('disk', transport);
    await runWell('nbdcopy', ['--flush', '--requests=64', '--connections=4', wanted, uri]);
    expect(await runWell('qemu-img', ['compare', '-f', 'raw', '-F', 'raw', uri, wanted])).toBe(
      'Images are identical.\n',
    );
    expect(sparseDigestOf(path)).toBe(sparseDigestOf(wanted));
    expect(dataRangesOf(path)).toEqual(dataRangesOf(wanted));
  });

  it('carries a size that is no multiple of anything, both ways', async (context) => {
    const stage = stageWithNbdcopy(context);
    const [path, wanted, copy] = [stage.path('disk.raw'), stage.path('wanted.raw'), stage.path('copy.raw')];
    makeEmptyImage(path, ODD_BYTES);
    makeRandomImage(wanted, ODD_BYTES, 6);
    const server = await nbdServer(stage, { disk: path });
    await runWell('nbdcopy', ['--flush', wanted, server.uri('disk', transport)]);
    await runWell('nbdcopy', [server.uri('disk', transport), copy]);
    expect(sparseDigestOf(path)).toBe(sparseDigestOf(wanted));
    expect(sparseDigestOf(copy)).toBe(sparseDigestOf(wanted));
  });
});

describe('nbdcopy', () => {
  it('copies one export to another of the same agent, in requests of 32 MiB', async (context) => {
    const stage = stageWithNbdcopy(context);
    const [from, to] = [stage.path('from.raw'), stage.path('to.raw')];
    makeMixedImage(from, 2 * SIZE_BYTES, 7);
    makeEmptyImage(to, 2 * SIZE_BYTES);
    const server = await nbdServer(stage, { from, to });
    const args = ['--request-size=33554432', '--requests=2', '--flush'];
    await runWell('nbdcopy', [...args, server.uri('from', 'unix'), server.uri('to', 'TCP')]);
    expect(sparseDigestOf(to)).toBe(sparseDigestOf(from));
    expect(allocatedBytesOf(to)).toBeLessThanOrEqual(allocatedBytesOf(from));
  });

  it('fails in one line for an export that does not exist, and nothing is written', async (context) => {
    const stage = stageWithNbdcopy(context);
    const path = stage.path('disk.raw');
    makeRandomImage(path, MEBIBYTE, 8);
    const before = sparseDigestOf(path);
    const server = await nbdServer(stage, { disk: path });
    const { code, stderr } = await run('nbdcopy', [path, server.uri('other')]);
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain('No such file or directory');
    expect(sparseDigestOf(path)).toBe(before);
  });
});
