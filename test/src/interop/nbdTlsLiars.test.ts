/** Clients that do not keep to the order of things in the presence of TLS. */
import { createServer } from 'node:net';
import { LIMITS } from '@godwit/protocol';
import { describe, expect, it, type TestContext } from 'vitest';
import type { Credentials } from '../harness/certificates.js';
import { run } from '../harness/foreignCommand.js';
import { makeEmptyImage } from '../harness/imageFiles.js';
import { DISK } from '../harness/pair.js';
import { freePort } from '../harness/ports.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { requireTool } from '../harness/tools.js';
import { nbdServer, type Place } from './nbdServer.js';
import type { RawClient } from './rawClient.js';
import { greeted, IMAGE_BYTES, insideTls, shakeHands, shown, startTlsOption, tlsServer } from './tlsServer.js';
import { COMMAND, contextOption, goOption, OPTION, option, REPLY } from './wire.js';

/** NBD_REP_ERR_*: the highest bit and a number. */
const ERROR = 2 ** 31;
const REFUSED = { unsupported: ERROR + 1, policy: ERROR + 2, invalid: ERROR + 3, tlsRequired: ERROR + 5 };
/** Longer than the time-out of the handshake, by far: a client that is not ended then never is. */
const PATIENCE_MS = 6 * LIMITS.nbdHandshakeTimeoutMs;

interface Scene {
  readonly stage: Stage;
  readonly place: Place;
  readonly client: Credentials;
}

async function scene(context: TestContext, mode: 'allow' | 'require' = 'require'): Promise<Scene> {
  requireTool(context, 'openssl');
  const stage = stageForTest();
  const { authority, server } = await tlsServer(stage, { prove: true, args: ['--nbd-tls', mode] });
  return { stage, place: server.place('TCP'), client: await authority.client() };
}

/** An honest client is served all the same. */
async function othersAreServed({ stage, place, client }: Scene): Promise<void> {
  const inside = await insideTls(stage, place, shown(client));
  const { reply, size } = await chosen(inside);
  expect({ reply, size }).toEqual({ reply: REPLY.ack, size: IMAGE_BYTES });
  expect((await inside.call({ command: COMMAND.read, length: 4096 })).errno).toBe(0);
  inside.socket.destroy();
}

/** GO: how it was answered at last, and the size that was told before. */
async function chosen(client: RawClient): Promise<{ reply: number; size: number | undefined }> {
  client.send(goOption(DISK));
  let size: number | undefined;
  for (;;) {
    const { reply, data } = await client.optionReply();
    if (reply !== REPLY.info) return { reply, size };
    // NBD_INFO_EXPORT: u16 type 0, u64 size, u16 flags.
    if (data.readUInt16BE(0) === 0) size = Number(data.readBigUInt64BE(2));
  }
}

/**
 * What `openssl s_client` reads after it has asked for the list of exports and said good-bye. It knows no
 * STARTTLS of NBD, so that is said for it.
 */
async function listBySClient({ stage, place }: Scene, args: readonly string[]): Promise<string> {
  const client = await greeted(stage, place);
  expect(await answerTo(client, startTlsOption())).toBe(REPLY.ack);
  const relay = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.pipe(client.socket).pipe(socket);
    client.socket.once('close', () => socket.destroy());
  });
  stage.atEnd(async () => void relay.close());
  const port = await freePort();
  await new Promise<void>((resolve) => relay.listen(port, '127.0.0.1', resolve));
  const input = Buffer.concat([option(OPTION.list), option(OPTION.abort)]).toString('latin1');
  const how = ['s_client', '-connect', `127.0.0.1:${port}`, '-quiet', ...args];
  const { stdout, timedOut } = await run('openssl', how, { input });
  expect(timedOut).toBe(false);
  return stdout;
}

async function answerTo(client: RawClient, bytes: Buffer): Promise<number> {
  client.send(bytes);
  return (await client.optionReply()).reply;
}

describe('in plain text, where TLS is required', () => {
  it('every option but STARTTLS is answered with ERR_TLS_REQD, and STARTTLS may follow', async (context) => {
    const here = await scene(context);
    const client = await greeted(here.stage, here.place);
    const tried = [
      goOption(DISK),
      goOption('no such export'),
      goOption(DISK, OPTION.info),
      option(OPTION.list),
      option(OPTION.structuredReply),
      contextOption(DISK, ['base:allocation']),
    ];
    for (const bytes of tried) expect(await answerTo(client, bytes)).toBe(REFUSED.tlsRequired);
    expect(await answerTo(client, startTlsOption())).toBe(REPLY.ack);
    const inside = await shakeHands(client, shown(here.client));
    expect((await chosen(inside)).reply).toBe(REPLY.ack);
  });

  it('EXPORT_NAME, which has no answer for that, ends the connection', async (context) => {
    const here = await scene(context);
    const client = await greeted(here.stage, here.place);
    client.send(option(OPTION.exportName, Buffer.from(DISK)));
    await expect(client.read(1)).rejects.toThrow('ended');
    await othersAreServed(here);
  });

  it('a request in place of an option ends the connection', async (context) => {
    const here = await scene(context);
    const client = await greeted(here.stage, here.place);
    client.send(Buffer.from('25609513000000000000000000000001000000000000000000001000', 'hex'));
    await expect(client.read(1)).rejects.toThrow('ended');
    await othersAreServed(here);
  });
});

describe('STARTTLS', () => {
  it('with bytes of plain text behind it: none of them is taken', async (context) => {
    const here = await scene(context, 'allow');
    for (const smuggled of [option(OPTION.list), goOption(DISK), option(OPTION.structuredReply)]) {
      const client = await greeted(here.stage, here.place);
      client.send(Buffer.concat([startTlsOption(), smuggled]));
      const shaken = client.optionReply().then(() => shakeHands(client, shown(here.client)));
      await expect(shaken).rejects.toThrow();
    }
    await othersAreServed(here);
  });

  it('forgets what was agreed before it', async (context) => {
    const here = await scene(context, 'allow');
    const client = await greeted(here.stage, here.place);
    expect(await answerTo(client, option(OPTION.structuredReply))).toBe(REPLY.ack);
    expect(await answerTo(client, startTlsOption())).toBe(REPLY.ack);
    const inside = await shakeHands(client, shown(here.client));
    // A context needs structured replies, which are to be agreed anew.
    expect(await answerTo(inside, contextOption(DISK, ['base:allocation']))).toBe(REFUSED.invalid);
    expect((await chosen(inside)).reply).toBe(REPLY.ack);
    const { errno, data } = await inside.call({ command: COMMAND.read, length: 512 });
    expect([errno, data.length]).toEqual([0, 512]);
  });

  it('a second time, or with data, is invalid', async (context) => {
    const here = await scene(context);
    const client = await greeted(here.stage, here.place);
    expect(await answerTo(client, startTlsOption(Buffer.from('data')))).toBe(REFUSED.invalid);
    expect(await answerTo(client, startTlsOption())).toBe(REPLY.ack);
    const inside = await shakeHands(client, shown(here.client));
    expect(await answerTo(inside, startTlsOption())).toBe(REFUSED.invalid);
    expect((await chosen(inside)).reply).toBe(REPLY.ack);
  });

  it('is refused where there is no certificate, and the client may go on', async () => {
    const stage = stageForTest();
    makeEmptyImage(stage.path('disk.raw'), IMAGE_BYTES);
    const server = await nbdServer(stage, { [DISK]: stage.path('disk.raw') });
    const client = await greeted(stage, server.place('TCP'));
    expect([REFUSED.policy, REFUSED.unsupported]).toContain(await answerTo(client, startTlsOption()));
    expect((await chosen(client)).reply).toBe(REPLY.ack);
  });
});

describe('the handshake', () => {
  it(
    'of clients that stall ends by time-out, while others are served',
    async (context) => {
      const here = await scene(context);
      const silent = await greeted(here.stage, here.place);
      const halfway = await greeted(here.stage, here.place);
      const speechless = await greeted(here.stage, here.place);
      for (const client of [silent, halfway]) expect(await answerTo(client, startTlsOption())).toBe(REPLY.ack);
      // The head of a record of 512 bytes, and a few of them.
      halfway.send(Buffer.from('160301020001', 'hex'));
      await othersAreServed(here);
      for (const client of [silent, halfway, speechless]) {
        client.socket.resume();
        await client.ended;
      }
      await othersAreServed(here);
    },
    PATIENCE_MS,
  );

  it('of clients that break off leaves nothing behind', async (context) => {
    const here = await scene(context);
    // More than may be connected at a time, so that each that was left behind would be missed.
    for (let round = 0; round < LIMITS.nbdConnections + 8; round++) {
      const client = await greeted(here.stage, here.place);
      expect(await answerTo(client, startTlsOption())).toBe(REPLY.ack);
      if (round % 2 === 0) client.send(Buffer.from('160301020001', 'hex'));
      client.cut();
      await client.ended;
    }
    await othersAreServed(here);
  });

  it('is done with 64 clients at once', async (context) => {
    const here = await scene(context);
    await Promise.all(Array.from({ length: 64 }, () => othersAreServed(here)));
  });

  it('of TLS 1.1, or of a client that shows nothing, is refused', async (context) => {
    const here = await scene(context);
    const { ca, cert, key } = here.client;
    const verified = ['-CAfile', ca, '-verify_return_error', '-servername', 'localhost'];
    const proof = ['-cert', cert, '-key', key];
    for (const version of ['-tls1_2', '-tls1_3']) {
      expect(await listBySClient(here, [...verified, ...proof, version])).toContain(DISK);
      expect(await listBySClient(here, [...verified, version])).toBe('');
    }
    const old = [...verified, ...proof, '-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'];
    expect(await listBySClient(here, old)).toBe('');
    await othersAreServed(here);
  });

  it('without STARTTLS before it ends the connection', async (context) => {
    const here = await scene(context);
    const port = 'port' in here.place ? here.place.port : 0;
    const { code, timedOut } = await run('openssl', ['s_client', '-connect', `127.0.0.1:${port}`]);
    expect({ code, timedOut }).toEqual({ code: 1, timedOut: false });
    await othersAreServed(here);
  });
});
