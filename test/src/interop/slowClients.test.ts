import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { makeEmptyImage, makeRandomImage } from '../harness/imageFiles.js';
import { peakBytesDuring, residentBytesOf } from '../harness/memory.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { requireTool } from '../harness/tools.js';
import { fioVerify } from './fio.js';
import { type NbdServer, nbdServer, TRANSPORTS } from './nbdServer.js';
import { RawClient } from './rawClient.js';
import { COMMAND, clientFlags, goOption, request } from './wire.js';

const MEBIBYTE = 1024 * 1024;
const SIZE_BYTES = 16 * MEBIBYTE;
const OTHER_BYTES = 32 * MEBIBYTE;
/** What all of one client's requests may hold (LIMITS.nbdInFlightBytes), twice: what is read, and what is on its way out. */
const BOUND_BYTES = 128 * MEBIBYTE;

async function served(seed: number): Promise<{ stage: Stage; server: NbdServer; content: Buffer; path: string }> {
  const stage = stageForTest();
  const path = stage.path('disk.raw');
  makeRandomImage(path, SIZE_BYTES, seed);
  makeEmptyImage(stage.path('other.raw'), OTHER_BYTES);
  const server = await nbdServer(stage, { disk: path, other: stage.path('other.raw') });
  return { stage, server, content: readFileSync(path), path };
}

/** Someone else who verifies all that it writes while something happens. */
async function expectOthersServed(server: NbdServer): Promise<void> {
  const args = ['--rw=randwrite', '--bs=64k', '--iodepth=16', '--fsync=32'];
  for (const transport of TRANSPORTS) {
    const report = await fioVerify(server.uri('other', transport), { args, sizeBytes: OTHER_BYTES });
    expect(report).toMatchObject({ errors: 0, verifiedBytes: OTHER_BYTES });
  }
}

describe.each(TRANSPORTS)('over %s', (transport) => {
  it('a client that asks for 256 MiB and reads nothing costs little, hinders nobody, and gets it all', async (context) => {
    requireTool(context, 'fio');
    const { stage, server, content } = await served(91);
    const client = await RawClient.attach(stage, server.place(transport), 'disk');
    const atRest = residentBytesOf(server.pid);
    const reads = Array.from({ length: 256 }, (_, index) => ({ cookie: index, offset: (index % 16) * MEBIBYTE }));
    const peak = await peakBytesDuring(server.pid, async () => {
      client.send(...reads.map((read) => request({ command: COMMAND.read, length: MEBIBYTE, ...read })));
      await expectOthersServed(server);
    });
    expect(peak - atRest).toBeLessThan(BOUND_BYTES);
    const missing = new Map(reads.map((read) => [read.cookie, read.offset]));
    while (missing.size > 0) {
      const { cookie, errno, data } = await client.reply(MEBIBYTE);
      const offset = missing.get(cookie) ?? -1;
      missing.delete(cookie);
      expect({ errno, right: data.equals(content.subarray(offset, offset + MEBIBYTE)) }).toEqual({
        errno: 0,
        right: true,
      });
    }
  });

  it('a client that sends a byte at a time is understood, and hinders nobody', async (context) => {
    requireTool(context, 'fio');
    const { stage, server, path } = await served(93);
    const client = await RawClient.connect(stage, server.place(transport));
    const payload = Buffer.from('a byte at a time, and each of them a segment of its own');
    const stream = Buffer.concat([
      clientFlags(),
      goOption('disk'),
      request({ command: COMMAND.write, cookie: 77, offset: 4090, payload }),
      request({ command: COMMAND.read, cookie: 78, offset: 4090, length: payload.length }),
    ]);
    await client.read(18);
    await Promise.all([expectOthersServed(server), sendByteByByte(client, stream)]);
    // INFO_EXPORT and whatever else is told; the reply's magic is found behind them.
    await untilAcknowledged(client);
    expect(await client.reply()).toMatchObject({ cookie: 77, errno: 0 });
    expect(await client.reply(payload.length)).toEqual({ cookie: 78, errno: 0, data: payload });
    expect(
      readFileSync(path)
        .subarray(4090, 4090 + payload.length)
        .equals(payload),
    ).toBe(true);
  });

  it('a client that reads a byte at a time gets what the file holds', async () => {
    const { stage, server, content } = await served(95);
    const client = await RawClient.attach(stage, server.place(transport), 'disk');
    client.send(request({ command: COMMAND.read, cookie: 5, offset: 1000, length: 3000 }));
    const bytes: Buffer[] = [];
    for (let index = 0; index < 16 + 3000; index++) bytes.push(await client.read(1));
    expect(Buffer.concat(bytes).subarray(16).equals(content.subarray(1000, 4000))).toBe(true);
  });
});

/** Each byte is in the kernel's hands, as a segment of its own, before the next is sent. */
async function sendByteByByte(client: RawClient, stream: Buffer): Promise<void> {
  for (const byte of stream) await client.sent(Buffer.of(byte));
}

async function untilAcknowledged(client: RawClient): Promise<void> {
  for (;;) {
    const { reply } = await client.optionReply();
    if (reply === 1) return;
  }
}
