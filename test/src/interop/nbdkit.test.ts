import { describe, expect, it, type TestContext } from 'vitest';
import { run, runWell } from '../harness/foreignCommand.js';
import { makeMixedImage } from '../harness/imageFiles.js';
import { sparseDigestOf } from '../harness/sparseFile.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { requireTool } from '../harness/tools.js';
import { nbdServer, TRANSPORTS } from './nbdServer.js';
import { qemuIo } from './qemuIo.js';

const MEBIBYTE = 1024 * 1024;
const SIZE_BYTES = 16 * MEBIBYTE;

/** The image, its copy, and the export. */
async function served(context: TestContext): Promise<{
  stage: Stage;
  path: string;
  uri: (transport: (typeof TRANSPORTS)[number]) => string;
}> {
  for (const tool of ['nbdkit', 'nbdcopy']) requireTool(context, tool);
  const stage = stageForTest();
  const path = stage.path('disk.raw');
  makeMixedImage(path, SIZE_BYTES, 31);
  const server = await nbdServer(stage, { disk: path });
  return { stage, path, uri: (transport) => server.uri('disk', transport) };
}

describe.each(TRANSPORTS)('nbdkit over %s', (transport) => {
  it('checkwrite finds the export equal to the file, and notices one byte', async (context) => {
    requireTool(context, 'qemu-io');
    const { stage, path, uri } = await served(context);
    const copy = stage.path('copy.raw');
    await runWell('nbdcopy', [path, copy]);
    const args = ['-U', '-', '--filter=checkwrite', 'nbd', `uri=${uri(transport)}`, '--run', `nbdcopy ${copy} "$uri"`];
    await runWell('nbdkit', args);
    await qemuIo(uri(transport), [`write -P 0xee ${SIZE_BYTES - 4097} 1`]);
    const { code, stderr } = await run('nbdkit', args);
    expect(code).not.toBe(0);
    expect(stderr).toContain('data written does not match');
  });

  it('retries on new connections through errors of its own making', async (context) => {
    const { stage, path, uri } = await served(context);
    const copy = stage.path('copy.raw');
    const filters = ['--filter=retry', '--filter=error', 'nbd', `uri=${uri(transport)}`, 'error=EIO', 'error-rate=5%'];
    const command = `nbdcopy --request-size=524288 "$uri" ${copy}`;
    await runWell('nbdkit', ['-U', '-', ...filters, 'retry-delay=1', 'retries=20', '--run', command]);
    expect(sparseDigestOf(copy)).toBe(sparseDigestOf(path));
  });

  it('serves the export again, with its holes, to clients of its own', async (context) => {
    requireTool(context, 'qemu-img');
    const { path, uri } = await served(context);
    const compare = `qemu-img compare -f raw -F raw "$uri" ${path}`;
    const said = await runWell('nbdkit', ['-U', '-', 'nbd', `uri=${uri(transport)}`, '--run', compare]);
    expect(said).toContain('Images are identical.');
  });
});
