import { describe, expect, it, type TestContext } from 'vitest';
import { run, runWell } from '../harness/foreignCommand.js';
import { makeEmptyImage, makeSparseImage } from '../harness/imageFiles.js';
import { parseJson } from '../harness/jsonGuards.js';
import { dataRangesOf } from '../harness/sparseFile.js';
import { stageForTest } from '../harness/testStage.js';
import { requireTool } from '../harness/tools.js';
import { dataByNbdinfo } from './mapping.js';
import { type NbdServer, nbdServer, TRANSPORTS } from './nbdServer.js';

const MEBIBYTE = 1024 * 1024;
const SIZE_BYTES = 64 * MEBIBYTE;

/** What `nbdinfo --can` may ask, all of which is promised (facts of the specification's flags). */
const ABILITIES = ['connect', 'read', 'write', 'flush', 'fua', 'trim', 'zero', 'fast-zero', 'df', 'multi-conn'];
const MORE_ABILITIES = ['cache', 'structured'];

/** Two images, one of them sparse and with a size that is no multiple of a sector. */
async function twoImages(context: TestContext): Promise<{ server: NbdServer; path: string }> {
  requireTool(context, 'nbdinfo');
  const stage = stageForTest();
  const path = stage.path('disk0.raw');
  makeSparseImage(path, SIZE_BYTES, 5 * MEBIBYTE);
  makeEmptyImage(stage.path('odd.raw'), 1_000_003);
  return { server: await nbdServer(stage, { disk0: path, odd: stage.path('odd.raw') }), path };
}

describe.each(TRANSPORTS)('nbdinfo over %s', (transport) => {
  it('sees the size, the block sizes and both contexts of an export', async (context) => {
    const { server } = await twoImages(context);
    const info = parseJson(await runWell('nbdinfo', ['--json', server.uri('disk0', transport)]));
    expect(info).toMatchObject({
      protocol: 'newstyle-fixed',
      structured: true,
      exports: [
        {
          'export-name': 'disk0',
          'export-size': SIZE_BYTES,
          contexts: ['base:allocation', 'qemu:dirty-bitmap:godwit'],
          is_read_only: false,
          block_size_minimum: 1,
          block_size_preferred: 4096,
          block_size_maximum: 32 * MEBIBYTE,
        },
      ],
    });
    expect(await runWell('nbdinfo', ['--size', server.uri('odd', transport)])).toBe('1000003\n');
  });

  it('lists every export', async (context) => {
    const { server } = await twoImages(context);
    const listed = parseJson(await runWell('nbdinfo', ['--list', '--json', server.uri('', transport)]));
    expect(listed).toMatchObject({
      exports: [
        { 'export-name': 'disk0', 'export-size': SIZE_BYTES },
        { 'export-name': 'odd', 'export-size': 1_000_003 },
      ],
    });
  });

  it('maps the holes that the file has', async (context) => {
    const { server, path } = await twoImages(context);
    const inFile = dataRangesOf(path);
    expect(inFile).toHaveLength(5);
    expect(await dataByNbdinfo(server.uri('disk0', transport))).toEqual(inFile);
    const totals = parseJson(await runWell('nbdinfo', ['--map', '--totals', '--json', server.uri('disk0', transport)]));
    expect(totals).toMatchObject([
      { size: 5 * MEBIBYTE, type: 0 },
      { size: SIZE_BYTES - 5 * MEBIBYTE, type: 3 },
    ]);
    expect(await dataByNbdinfo(server.uri('odd', transport))).toEqual([]);
  });

  it('finds every ability', async (context) => {
    const { server } = await twoImages(context);
    const lacking: string[] = [];
    for (const ability of [...ABILITIES, ...MORE_ABILITIES]) {
      const { code } = await run('nbdinfo', ['--can', ability, server.uri('disk0', transport)]);
      if (code !== 0) lacking.push(ability);
    }
    expect(lacking).toEqual([]);
    expect((await run('nbdinfo', ['--is', 'read-only', server.uri('disk0', transport)])).code).toBe(2);
  });
});

describe('the name of an export', () => {
  it('that is empty means the only one', async (context) => {
    requireTool(context, 'nbdinfo');
    const stage = stageForTest();
    makeEmptyImage(stage.path('only.raw'), SIZE_BYTES);
    const server = await nbdServer(stage, { only: stage.path('only.raw') });
    for (const transport of TRANSPORTS) {
      expect(await runWell('nbdinfo', ['--size', server.uri('', transport)])).toBe(`${SIZE_BYTES}\n`);
    }
  });

  it('that is empty is unknown where there are two', async (context) => {
    const { server } = await twoImages(context);
    const { code, stderr } = await run('nbdinfo', ['--size', server.uri('')]);
    expect(code).toBe(1);
    expect(stderr).toContain('No such file or directory');
  });

  it('that is unknown gets one clear error, and known ones are served on', async (context) => {
    requireTool(context, 'qemu-img');
    const { server } = await twoImages(context);
    const { code, stderr } = await run('nbdinfo', ['--size', server.uri('nothing')]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/nothing.*No such file or directory|No such file or directory.*nothing/);
    const { code: qemuCode, stderr: qemuSays } = await run('qemu-img', ['info', server.uri('nothing', 'unix')]);
    expect(qemuCode).toBe(1);
    expect(qemuSays).toContain('Requested export not available');
    expect(qemuSays).toMatch(/server reported: .*nothing/);
    expect(await runWell('nbdinfo', ['--size', server.uri('disk0')])).toBe(`${SIZE_BYTES}\n`);
  });
});
