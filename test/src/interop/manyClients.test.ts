import { describe, expect, it } from 'vitest';
import { runWell } from '../harness/foreignCommand.js';
import { makeEmptyImage, makeMixedImage } from '../harness/imageFiles.js';
import { sparseDigestOf } from '../harness/sparseFile.js';
import { stageForTest } from '../harness/testStage.js';
import { requireTool } from '../harness/tools.js';
import { fioVerify } from './fio.js';
import { nbdServer, TRANSPORTS } from './nbdServer.js';

const MEBIBYTE = 1024 * 1024;
const CLIENTS = 32;

describe.each(TRANSPORTS)('32 clients at once over %s', (transport) => {
  it('each verify what they write into their own part', async (context) => {
    requireTool(context, 'fio');
    const stage = stageForTest();
    const sizeBytes = 4 * MEBIBYTE;
    makeEmptyImage(stage.path('disk.raw'), CLIENTS * sizeBytes);
    const server = await nbdServer(stage, { disk: stage.path('disk.raw') });
    const report = await fioVerify(server.uri('disk', transport), {
      args: ['--rw=randwrite', '--bsrange=4k-128k', '--iodepth=16', '--fsync=32'],
      sizeBytes,
      jobs: CLIENTS,
    });
    const allBytes = CLIENTS * sizeBytes;
    expect(report).toEqual({ jobs: CLIENTS, writtenBytes: allBytes, verifiedBytes: allBytes, errors: 0 });
  });
});

it('8 copies of two images at once, in both directions and over both transports, are right', async (context) => {
  requireTool(context, 'nbdcopy');
  const stage = stageForTest();
  const [read, written] = [stage.path('read.raw'), stage.path('written.raw')];
  makeMixedImage(read, 32 * MEBIBYTE, 81);
  makeEmptyImage(written, 32 * MEBIBYTE);
  const server = await nbdServer(stage, { read, written });
  const copies = Array.from({ length: 6 }, (_, index) => stage.path(`copy-${index}`));
  await Promise.all([
    ...copies.map((copy, index) => runWell('nbdcopy', [server.uri('read', TRANSPORTS[index % 2]), copy])),
    // Both write the same bytes, so their order does not matter.
    ...TRANSPORTS.map((transport) => runWell('nbdcopy', [read, server.uri('written', transport)])),
  ]);
  const digest = sparseDigestOf(read);
  expect([...copies, written].map(sparseDigestOf)).toEqual(Array.from({ length: 7 }, () => digest));
});
