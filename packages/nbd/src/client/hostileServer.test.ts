/** Servers that lie, stop in the middle, or are none. */
import { once } from 'node:events';
import type net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ChunkType, Command, GREETING_MAGIC, OPTION_MAGIC, OptionReply, ReplyFlag } from '../codec/constants.js';
import { blockStatusChunk, chunkHead, offsetDataHead, offsetHoleChunk, simpleReply } from '../codec/replies.js';
import type { Cookie, Request } from '../codec/requestParser.js';
import { NbdClient } from './nbdClient.js';
import { listExports, probeExport } from './probe.js';
import { ScriptedServer } from './testing/scriptedServer.js';

const OPTIONS = { timeoutMs: 5_000, contexts: ['base:allocation'] };
const LOST = { code: 'E_UNREACHABLE' };
const open: { close(): unknown }[] = [];
afterEach(() => {
  for (const one of open.splice(0)) one.close();
});

async function server(onConnection?: (socket: net.Socket) => void): Promise<ScriptedServer> {
  const scripted = await ScriptedServer.listen(onConnection);
  open.push(scripted);
  return scripted;
}

/** A client whose every request gets these bytes for an answer. */
async function answeredWith(bytes: (request: Request) => Buffer): Promise<NbdClient> {
  const scripted = await server();
  scripted.onRequest = (request, socket) => socket.write(bytes(request));
  return NbdClient.connect(scripted.address, 'disk', OPTIONS);
}

function chunk(room: number, write: (target: Buffer) => number): Buffer {
  const target = Buffer.alloc(room);
  return target.subarray(0, write(target));
}

function data(request: Cookie, offset: number, bytes: number, flags: number = ReplyFlag.done): Buffer {
  const head = chunk(64, (target) => offsetDataHead(target, 0, flags, request, offset, bytes));
  return Buffer.concat([head, Buffer.alloc(bytes, 0xee)]);
}

describe('a reply to a read', () => {
  it.each<[string, (request: Request) => Buffer]>([
    ['in front of it', (request) => data(request, 4095, 512)],
    ['behind it', (request) => data(request, 4096 + 512, 512)],
    ['longer than it', (request) => data(request, 4096, 1024)],
    ['beyond 2^53', (request) => data(request, Number.MAX_SAFE_INTEGER - 1, 512)],
    ['shorter than it', (request) => data(request, 4096, 511)],
    ['of the same bytes twice', (request) => Buffer.concat([data(request, 4096, 512, 0), data(request, 4096, 1)])],
    ['with a hole that is too long', (r) => chunk(64, (target) => offsetHoleChunk(target, 0, 1, r, 4096, 513))],
    [
      'with block status',
      (r) => chunk(64, (target) => blockStatusChunk(target, 0, 1, r, 1, [{ length: 1, flags: 0 }])),
    ],
    ['that never comes to its end', (r) => chunk(64, (target) => chunkHead(target, 0, 0, ChunkType.none, r, 0))],
    ['of another cookie', ({ cookieLow }) => data({ cookieHigh: 0, cookieLow: cookieLow + 1 }, 4096, 512)],
    ['of another half of the cookie', (r) => chunk(64, (target) => simpleReply(target, 0, 0, { ...r, cookieHigh: 1 }))],
    ['that is longer than any request', (r) => chunk(64, (target) => chunkHead(target, 0, 1, 1, r, 0x7fff_ffff))],
    ['that is garbage', () => Buffer.alloc(64, 0x55)],
  ])('%s ends the connection, and nothing is written outside of the target', async (_, bytes) => {
    const client = await answeredWith(bytes);
    const room = new Uint8Array(1536);
    await expect(client.read(4096, room.subarray(512, 1024))).rejects.toMatchObject(LOST);
    expect([...room.subarray(0, 512), ...room.subarray(1024)].every((byte) => byte === 0)).toBe(true);
    expect((await client.ended)?.message).toContain('protocol violation');
  });
});

describe('a reply', () => {
  it('with data to a write ends the connection', async () => {
    const client = await answeredWith((request) => data(request, 0, 512));
    await expect(client.write(0, new Uint8Array(512))).rejects.toMatchObject(LOST);
  });

  it('of runs that reach beyond the request is cut and joined', async () => {
    const runs = [512, 512, 1024, 2 ** 32 - 1].map((length, index) => ({ length, flags: index > 1 ? 0 : 3 }));
    const client = await answeredWith((r) => chunk(256, (target) => blockStatusChunk(target, 0, 1, r, 1, runs)));
    expect(await client.blockStatus('base:allocation', 0, 4096)).toEqual([
      { length: 1024, flags: 3 },
      { length: 3072, flags: 0 },
    ]);
  });

  it('of another context only is none', async () => {
    const client = await answeredWith((r) =>
      chunk(256, (target) => blockStatusChunk(target, 0, 1, r, 77, [{ length: 512, flags: 0 }])),
    );
    await expect(client.blockStatus('base:allocation', 0, 4096)).rejects.toMatchObject(LOST);
  });

  it('with a number that is not in the specification counts as EINVAL', async () => {
    const client = await answeredWith((request) => chunk(64, (target) => simpleReply(target, 0, 4711, request)));
    await expect(client.flush()).rejects.toMatchObject({ name: 'NbdError', errno: 22 });
  });

  it('that says nothing of half of the read after an error is that error', async () => {
    const client = await answeredWith((request) => {
      const failed = chunk(64, (target) => {
        const at = chunkHead(target, 0, ReplyFlag.done, ChunkType.error, request, 6);
        return target.writeUInt16BE(0, target.writeUInt32BE(5, at));
      });
      return Buffer.concat([data(request, 0, 512, 0), failed]);
    });
    await expect(client.read(0, new Uint8Array(1024))).rejects.toMatchObject({ errno: 5 });
    expect(client.hasEnded).toBe(false);
  });
});

describe('a lost connection', () => {
  it('fails all that is unanswered, and what comes later', async () => {
    const scripted = await server();
    scripted.onRequest = ({ command }, socket) => {
      if (command === Command.flush) socket.destroy();
    };
    const client = await NbdClient.connect(scripted.address, 'disk', OPTIONS);
    const unanswered = [client.write(0, new Uint8Array(512)), client.read(0, new Uint8Array(512)), client.flush()];
    const results = await Promise.allSettled(unanswered);
    expect(results).toEqual(results.map(() => ({ status: 'rejected', reason: expect.objectContaining(LOST) })));
    await expect(client.flush()).rejects.toMatchObject(LOST);
  });

  it('writes to no target after destroy()', async () => {
    const scripted = await server();
    const asked = new Promise<() => void>((resolve) => {
      scripted.onRequest = (request, socket) => resolve(() => socket.write(data(request, 0, 512)));
    });
    const client = await NbdClient.connect(scripted.address, 'disk', OPTIONS);
    const target = new Uint8Array(512);
    const answer = expect(client.read(0, target)).rejects.toMatchObject(LOST);
    (await asked)();
    client.destroy();
    await answer;
    expect(await client.ended).toBeUndefined();
    expect(target.every((byte) => byte === 0)).toBe(true);
  });
});

describe('a handshake', () => {
  const greeting = (first: bigint, second: bigint, flags: number) => {
    const bytes = Buffer.alloc(18);
    bytes.writeBigUInt64BE(first, 0);
    bytes.writeBigUInt64BE(second, 8);
    bytes.writeUInt16BE(flags, 16);
    return bytes;
  };
  const GOOD = greeting(GREETING_MAGIC, OPTION_MAGIC, 3);
  const reply = (option: number, type: number, dataBytes: number, sent = dataBytes) => {
    const bytes = Buffer.alloc(20 + sent);
    bytes.writeBigUInt64BE(0x0003e889045565a9n, 0);
    bytes.writeUInt32BE(option, 8);
    bytes.writeUInt32BE(type, 12);
    bytes.writeUInt32BE(dataBytes, 16);
    return bytes;
  };

  it.each([
    ['HTTP', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), 'no NBD server'],
    ['the old style', greeting(GREETING_MAGIC, 0x0000420281861253n, 0), 'old style'],
    ['no fixed newstyle', greeting(GREETING_MAGIC, OPTION_MAGIC, 0), 'fixed newstyle'],
    ['a reply to another option', Buffer.concat([GOOD, reply(99, OptionReply.ack, 0)]), 'option 99'],
    ['a reply of 4 GiB', Buffer.concat([GOOD, reply(8, OptionReply.info, 0xffff_ffff, 0)]), 'at most'],
    ['replies without end', Buffer.concat([GOOD, ...Array(1100).fill(reply(8, 2, 0))]), 'option replies'],
    ['an export without a size', Buffer.concat([GOOD, reply(8, 1, 0), reply(6, 1, 0)]), 'without a size'],
  ])('with %s is refused', async (_, bytes, problem) => {
    const { address } = await server((socket) => socket.write(bytes));
    const probed = probeExport(address, 'disk', { timeoutMs: 5_000 });
    await expect(probed).rejects.toMatchObject({ ...LOST, message: expect.stringContaining(problem) });
  });

  it('ends in time with a server that says nothing', async () => {
    const { address } = await server(() => undefined);
    const connecting = NbdClient.connect(address, 'disk', { timeoutMs: 30 });
    await expect(connecting).rejects.toMatchObject({ ...LOST, parameters: { problem: 'no answer within 30 ms' } });
  });

  it('ends with a server that hangs up', async () => {
    const { address } = await server((socket) => socket.end(GOOD.subarray(0, 10)));
    await expect(listExports(address, { timeoutMs: 5_000 })).rejects.toMatchObject(LOST);
  });

  it('leaves no connection behind when it fails', async () => {
    let closed: Promise<unknown> | undefined;
    const { address } = await server((socket) => {
      closed = once(socket, 'close');
      socket.resume();
      socket.write(Buffer.concat([GOOD, reply(99, 1, 0)]));
    });
    await expect(NbdClient.connect(address, 'disk', OPTIONS)).rejects.toMatchObject(LOST);
    await closed;
  });
});
