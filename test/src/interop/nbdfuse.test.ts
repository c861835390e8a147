import { closeSync, fsyncSync, openSync, readFileSync, readSync, statSync, writeSync } from 'node:fs';
import { describe, expect, it, type TestContext } from 'vitest';
import { run, runWell } from '../harness/foreignCommand.js';
import { fuseFile } from '../harness/fuseFile.js';
import { makeEmptyImage, makeMixedImage, makeRandomImage } from '../harness/imageFiles.js';
import { sparseDigestOf } from '../harness/sparseFile.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { requireFuse, requireTool } from '../harness/tools.js';
import { nbdServer, TRANSPORTS } from './nbdServer.js';

const MEBIBYTE = 1024 * 1024;
const SIZE_BYTES = 24 * MEBIBYTE;

function stageWithNbdfuse(context: TestContext): Stage {
  requireTool(context, 'nbdfuse');
  requireFuse(context);
  return stageForTest();
}

describe.each(TRANSPORTS)('nbdfuse over %s', (transport) => {
  it('is a file that dd copies from and to', async (context) => {
    const stage = stageWithNbdfuse(context);
    const [path, wanted, copy] = [stage.path('disk.raw'), stage.path('wanted.raw'), stage.path('copy.raw')];
    makeRandomImage(path, SIZE_BYTES, 41);
    makeMixedImage(wanted, SIZE_BYTES, 42);
    const server = await nbdServer(stage, { disk: path });
    const file = await fuseFile(stage, server.uri('disk', transport));
    expect(statSync(file).size).toBe(SIZE_BYTES);
    await runWell('cmp', [file, path]);
    await runWell('dd', [`if=${wanted}`, `of=${file}`, 'bs=1M', 'conv=notrunc,fsync', 'status=none']);
    expect(sparseDigestOf(path)).toBe(sparseDigestOf(wanted));
    await runWell('dd', [`if=${file}`, `of=${copy}`, 'bs=60001', 'status=none']);
    await runWell('cmp', [copy, wanted]);
  });

  it('takes odd bytes where a program puts them', async (context) => {
    const stage = stageWithNbdfuse(context);
    const path = stage.path('disk.raw');
    makeRandomImage(path, MEBIBYTE, 43);
    const expected = readFileSync(path);
    const server = await nbdServer(stage, { disk: path });
    const fd = openSync(await fuseFile(stage, server.uri('disk', transport)), 'r+');
    const words = Buffer.from('written through a file that is no file');
    for (const offset of [1, 4090, 65_530, MEBIBYTE - words.length]) {
      expect(writeSync(fd, words, 0, words.length, offset)).toBe(words.length);
      words.copy(expected, offset);
    }
    fsyncSync(fd);
    const read = Buffer.alloc(MEBIBYTE);
    expect(readSync(fd, read, 0, MEBIBYTE, 0)).toBe(MEBIBYTE);
    closeSync(fd);
    expect(read.equals(expected)).toBe(true);
    expect(readFileSync(path).equals(expected)).toBe(true);
  });

  it('holds a file system that is sound in the image', async (context) => {
    requireTool(context, 'mkfs.ext4');
    const stage = stageWithNbdfuse(context);
    const path = stage.path('disk.raw');
    makeEmptyImage(path, SIZE_BYTES);
    const server = await nbdServer(stage, { disk: path });
    const file = await fuseFile(stage, server.uri('disk', transport));
    await runWell('mkfs.ext4', ['-q', '-F', file]);
    // debugfs writes files without a mount, so this needs no loop device.
    const note = stage.path('note');
    makeMixedImage(note, MEBIBYTE, 44);
    await runWell('debugfs', ['-w', '-R', `write ${note} note`, file]);
    const { code, stdout } = await run('e2fsck', ['-f', '-n', path]);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringMatching(/: 12\/\d+ files/) });
    await runWell('debugfs', ['-R', `dump note ${stage.path('dumped')}`, path]);
    expect(readFileSync(stage.path('dumped')).equals(readFileSync(note))).toBe(true);
  });
});
