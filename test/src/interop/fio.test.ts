import { describe, expect, it } from 'vitest';
import { makeEmptyImage, makeRandomImage } from '../harness/imageFiles.js';
import { stageForTest } from '../harness/testStage.js';
import { requireTool } from '../harness/tools.js';
import { fioVerify } from './fio.js';
import { nbdServer, TRANSPORTS } from './nbdServer.js';

const MEBIBYTE = 1024 * 1024;
const SIZE_BYTES = 64 * MEBIBYTE;

describe.each(TRANSPORTS)('fio over %s', (transport) => {
  it('verifies random writes of 4 to 256 KiB at depth 32', async (context) => {
    requireTool(context, 'fio');
    const stage = stageForTest();
    makeRandomImage(stage.path('disk.raw'), SIZE_BYTES, 21);
    const server = await nbdServer(stage, { disk: stage.path('disk.raw') });
    const report = await fioVerify(server.uri('disk', transport), {
      args: ['--rw=randwrite', '--bsrange=4k-256k', '--iodepth=32', '--fsync=64'],
      sizeBytes: SIZE_BYTES,
    });
    expect(report).toEqual({ jobs: 1, writtenBytes: SIZE_BYTES, verifiedBytes: SIZE_BYTES, errors: 0 });
  });

  it('verifies blocks of odd sizes at odd places', async (context) => {
    requireTool(context, 'fio');
    const stage = stageForTest();
    makeEmptyImage(stage.path('disk.raw'), SIZE_BYTES);
    const server = await nbdServer(stage, { disk: stage.path('disk.raw') });
    const report = await fioVerify(server.uri('disk', transport), {
      args: ['--rw=randwrite', '--bsrange=513-70001', '--bs_unaligned=1', '--iodepth=64'],
      sizeBytes: SIZE_BYTES / 4,
    });
    expect(report).toMatchObject({ jobs: 1, errors: 0, verifiedBytes: report.writtenBytes });
    // What is left in the end is smaller than a block.
    expect(report.writtenBytes).toBeGreaterThan(SIZE_BYTES / 4 - 1024 * 1024);
  });
});
