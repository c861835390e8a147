import { describe, expect, it, type TestContext } from 'vitest';
import { makeEmptyImage } from '../harness/imageFiles.js';
import { stageForTest } from '../harness/testStage.js';
import { requireTool } from '../harness/tools.js';
import { nbdServer, TRANSPORTS } from './nbdServer.js';
import { nbdsh } from './nbdsh.js';

const SIZE_BYTES = 16 * 1024 * 1024;

async function uriOf(context: TestContext, transport: (typeof TRANSPORTS)[number]): Promise<string> {
  requireTool(context, 'nbdsh');
  const stage = stageForTest();
  makeEmptyImage(stage.path('disk.raw'), SIZE_BYTES);
  return (await nbdServer(stage, { disk: stage.path('disk.raw') })).uri('disk', transport);
}

describe.each(TRANSPORTS)('several connections over %s', (transport) => {
  it('see what any of them wrote as soon as it was answered, and any of them flushes for all', async (context) => {
    const uri = await uriOf(context, transport);
    const said = await nbdsh(
      uri,
      `
import json
others = []
for index in range(8):
    other = nbd.NBD()
    other.connect_uri(${JSON.stringify(uri)})
    others.append(other)
different = 0
for turn in range(200):
    writer, reader = others[turn % 8], others[(turn * 3 + 1) % 8]
    wrote = bytes([turn + 1]) * 70000
    writer.pwrite(wrote, turn * 70001)
    others[(turn * 5 + 2) % 8].flush()
    if bytes(reader.pread(70000, turn * 70001)) != wrote: different += 1
print(json.dumps([different, all(other.can_multi_conn() for other in others)]))
`,
    );
    expect(said).toEqual([0, true]);
  });

  it('a flush that is in flight with writes is answered with them', async (context) => {
    const uri = await uriOf(context, transport);
    const said = await nbdsh(
      uri,
      `
import json
cookies, kinds = [], {}
for turn in range(60):
    cookies.append(h.aio_pwrite(nbd.Buffer.from_bytearray(bytearray([turn + 1]) * 65536), turn * 65536, flags=nbd.CMD_FLAG_FUA if turn % 7 == 0 else 0))
    if turn % 5 == 0: cookies.append(h.aio_flush())
while h.aio_in_flight() > 0: h.poll(-1)
answered = sum(1 for cookie in cookies if h.aio_command_completed(cookie))
right = sum(1 for turn in range(60) if bytes(h.pread(65536, turn * 65536)) == bytes([turn + 1]) * 65536)
print(json.dumps([len(cookies), answered, right]))
`,
    );
    expect(said).toEqual([72, 72, 60]);
  });
});
