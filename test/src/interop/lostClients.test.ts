import { describe, expect, it } from 'vitest';
import { until } from '../harness/condition.js';
import { ForeignDaemon } from '../harness/foreignDaemon.js';
import { makeEmptyImage, makeRandomImage } from '../harness/imageFiles.js';
import { sparseDigestOf } from '../harness/sparseFile.js';
import { stageForTest } from '../harness/testStage.js';
import { requireTool } from '../harness/tools.js';
import { fioArguments, fioVerify } from './fio.js';
import { nbdServer, TRANSPORTS } from './nbdServer.js';
import { RawClient } from './rawClient.js';
import { COMMAND, REQUEST_BYTES, request } from './wire.js';

const MEBIBYTE = 1024 * 1024;
const SIZE_BYTES = 64 * MEBIBYTE;
const LARGEST_BYTES = 32 * MEBIBYTE;

describe.each(TRANSPORTS)('a client over %s that is lost', (transport) => {
  it('in the middle of a write of 32 MiB has written nothing, again and again', async () => {
    const stage = stageForTest();
    const path = stage.path('disk.raw');
    makeRandomImage(path, SIZE_BYTES, 71);
    const before = sparseDigestOf(path);
    const server = await nbdServer(stage, { disk: path });
    const write = request({ command: COMMAND.write, payload: Buffer.alloc(LARGEST_BYTES, 0xff) });
    for (const sentBytes of [REQUEST_BYTES, MEBIBYTE, 20 * MEBIBYTE, write.length - 1]) {
      const client = await RawClient.attach(stage, server.place(transport), 'disk');
      await client.sent(write.subarray(0, sentBytes));
      client.cut();
    }
    const orderly = await RawClient.attach(stage, server.place(transport), 'disk');
    await orderly.sent(write.subarray(0, 20 * MEBIBYTE));
    orderly.socket.end();
    orderly.socket.resume();
    await orderly.ended;
    const other = await RawClient.attach(stage, server.place(transport), 'disk');
    expect((await other.call({ command: COMMAND.flush })).errno).toBe(0);
    expect(sparseDigestOf(path)).toBe(before);
    // The same bytes, sent to their end, are written.
    other.send(write);
    expect((await other.reply()).errno).toBe(0);
    expect(sparseDigestOf(path)).not.toBe(before);
  });

  it('after it sent whole requests leaves each of them done or not done', async () => {
    const stage = stageForTest();
    const path = stage.path('disk.raw');
    makeEmptyImage(path, SIZE_BYTES);
    const server = await nbdServer(stage, { disk: path });
    const client = await RawClient.attach(stage, server.place(transport), 'disk');
    const writes = Array.from({ length: 60 }, (_, index) =>
      request({ command: COMMAND.write, offset: index * MEBIBYTE, payload: Buffer.alloc(MEBIBYTE, index + 1) }),
    );
    client.send(...writes.slice(0, 59));
    await client.sent(writes[59] ?? Buffer.alloc(0));
    client.cut();
    const other = await RawClient.attach(stage, server.place(transport), 'disk');
    for (let index = 0; index < 60; index++) {
      const { data } = await other.call({ command: COMMAND.read, offset: index * MEBIBYTE, length: MEBIBYTE });
      const [byte = 0] = data;
      expect([0, index + 1]).toContain(byte);
      expect(data.equals(Buffer.alloc(MEBIBYTE, byte))).toBe(true);
    }
  });

  it('by SIGKILL with requests in flight is forgotten, and the next one is served', async (context) => {
    requireTool(context, 'fio');
    const stage = stageForTest();
    makeEmptyImage(stage.path('disk.raw'), SIZE_BYTES);
    const server = await nbdServer(stage, { disk: stage.path('disk.raw') });
    const uri = server.uri('disk', transport);
    // As a thread, so that what is killed is the client: a job of fio is a process in a session of its own.
    const args = ['--rw=randwrite', '--bs=64k', '--iodepth=64', '--thread'];
    for (let round = 0; round < 3; round++) {
      const endless = fioArguments(uri, { args: [...args, '--time_based', '--runtime=100'], sizeBytes: SIZE_BYTES });
      const client = new ForeignDaemon(stage, 'fio', endless);
      const offset = round * MEBIBYTE;
      await until('the client to write', async () =>
        (await server.api.read('disk', offset, 4096)).some((byte) => byte !== 0),
      );
      await client.kill();
    }
    const report = await fioVerify(uri, { args, sizeBytes: SIZE_BYTES });
    expect(report).toMatchObject({ errors: 0, verifiedBytes: SIZE_BYTES });
  });
});
