import { LIMITS } from '@godwit/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { NbdError } from '../nbdError.js';
import type { ConnectionOptions } from './connection.js';
import { SharedRoom } from './sharedRoom.js';
import { MemoryExport } from './testing/memoryExport.js';
import { requestBytes } from './testing/rawClient.js';
import { type Served, TestServer, type Way } from './testing/served.js';

const [READ, WRITE, DISC, FLUSH, CACHE] = [0, 1, 2, 3, 5];
const ESHUTDOWN = 108;
const SIZE = 4 * 1024 * 1024;
const WAYS: readonly Way[] = ['adopted', 'wrapped'];

const servers: TestServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function connect(
  disk: MemoryExport,
  way: Way = 'adopted',
  options: Pick<ConnectionOptions, 'stillConnected' | 'farewell' | 'room'> = {},
): Promise<Served> {
  const server = new TestServer();
  servers.push(server);
  const served = await server.serve(disk.asExports(), way, options);
  await served.client.choose(disk.name);
  return served;
}

/** Resolves when the server's thread has had many turns: what it was going to do by itself it has done. */
async function manyTurns(disk: MemoryExport): Promise<void> {
  const { client } = await connect(new MemoryExport(4096, { name: disk.name }));
  for (let turn = 0; turn < 20; turn++) await client.errnoOf({ command: FLUSH });
}

describe('requests that wait', () => {
  it('do not hold up others, and are answered when they are done', async () => {
    const disk = new MemoryExport(SIZE);
    const { client } = await connect(disk);
    disk.closeGate();
    client.send(requestBytes({ command: WRITE, cookie: 1, payload: Buffer.from('late') }));
    client.send(requestBytes({ command: READ, cookie: 2, offset: 8, length: 4096 }));
    await expect.poll(() => disk.waiting).toBe(2);
    client.send(requestBytes({ command: READ, cookie: 3, length: 0 }));
    expect(await client.reply()).toMatchObject({ cookie: 3, code: 0 });
    disk.content.fill('z', 8);
    disk.openGate();
    const bytes = await client.read(16 + 16 + 4096);
    const [write, read] = [simpleReply(1), Buffer.concat([simpleReply(2), Buffer.alloc(4096, 'z')])];
    // In whichever order.
    expect([Buffer.concat([write, read]), Buffer.concat([read, write])].some((both) => both.equals(bytes))).toBe(true);
    expect(disk.content.toString('utf8', 0, 4)).toBe('late');
  });

  it('keep their regions while other replies come and go', async () => {
    const disk = new MemoryExport(SIZE);
    for (let at = 0; at < SIZE; at += 4) disk.content.writeUInt32BE(at, at);
    const { client } = await connect(disk);
    const reads = Array.from({ length: 120 }, (_, index) => ({
      command: READ,
      cookie: index + 1,
      offset: index * 30_000,
      length: 4096 + index * 200,
    }));
    const answers = new Map<number, Buffer>();
    const collect = async (count: number) => {
      for (let left = count; left > 0; left--) {
        const head = await client.read(16);
        const cookie = Number(head.readBigUInt64BE(8));
        answers.set(cookie, Buffer.from(await client.read(reads[cookie - 1]?.length ?? 0)));
      }
    };
    for (let at = 0; at < reads.length; at += 40) {
      disk.closeGate();
      for (const read of reads.slice(at, at + 20)) client.send(requestBytes(read));
      await expect.poll(() => disk.waiting).toBe(20);
      for (const read of reads.slice(at + 20, at + 40)) client.send(requestBytes(read));
      disk.openGate();
      await collect(40);
    }
    for (const { cookie, offset, length } of reads) {
      expect(answers.get(cookie)?.equals(disk.content.subarray(offset, offset + length))).toBe(true);
    }
  });

  it.each(WAYS)('stop the stream at so many, and let it go on, %s', async (way) => {
    const disk = new MemoryExport(SIZE);
    const { client } = await connect(disk, way);
    disk.closeGate();
    const count = LIMITS.nbdInFlightRequests + 100;
    for (let cookie = 1; cookie <= count; cookie++) {
      client.send(requestBytes({ command: WRITE, cookie, offset: cookie * 16, payload: Buffer.alloc(16, cookie) }));
    }
    await expect.poll(() => disk.waiting).toBe(LIMITS.nbdInFlightRequests);
    await manyTurns(disk);
    expect(disk.waiting).toBe(LIMITS.nbdInFlightRequests);
    disk.openGate();
    const cookies = new Set<number>();
    while (cookies.size < count) cookies.add((await client.reply()).cookie);
    for (let cookie = 1; cookie <= count; cookie++) expect(disk.content[cookie * 16]).toBe(cookie % 256);
  });

  it('stop the stream at so many bytes of all connections, but for one request of each', async () => {
    const disk = new MemoryExport(SIZE);
    const room = new SharedRoom(3 * SIZE);
    const first = await connect(disk, 'adopted', { room });
    const second = await connect(disk, 'adopted', { room });
    disk.closeGate();
    const ask = ({ client }: Served, count: number) => {
      for (let cookie = 1; cookie <= count; cookie++)
        client.send(requestBytes({ command: READ, cookie, length: SIZE }));
    };
    ask(first, 5);
    await expect.poll(() => disk.waiting).toBe(3);
    ask(second, 2);
    await expect.poll(() => disk.waiting).toBe(4);
    await manyTurns(disk);
    expect(disk.waiting).toBe(4);
    disk.openGate();
    for (let left = 5; left > 0; left--) await first.client.read(16 + SIZE);
    for (let left = 2; left > 0; left--) await second.client.read(16 + SIZE);
    expect(room.isTaken).toBe(false);
  });

  it('stop the stream at so many bytes', async () => {
    const disk = new MemoryExport(SIZE);
    const { client } = await connect(disk);
    disk.closeGate();
    const most = LIMITS.nbdInFlightBytes / SIZE;
    for (let cookie = 1; cookie <= most + 4; cookie++)
      client.send(requestBytes({ command: READ, cookie, length: SIZE }));
    await expect.poll(() => disk.waiting).toBe(most);
    await manyTurns(disk);
    expect(disk.waiting).toBe(most);
    disk.openGate();
    for (let cookie = 1; cookie <= most + 4; cookie++) expect((await client.reply(SIZE)).code).toBe(0);
  });

  it('are not carried out when their client has left, and then the export is closed', async () => {
    const disk = new MemoryExport(SIZE);
    const { client, end } = await connect(disk);
    disk.closeGate();
    client.send(requestBytes({ command: WRITE, payload: Buffer.from('ghost') }));
    await expect.poll(() => disk.waiting).toBe(1);
    client.socket.destroy();
    await manyTurns(disk);
    expect(disk.closed).toBe(0);
    disk.openGate();
    expect(await end).toBeUndefined();
    expect(disk.closed).toBe(1);
    expect(disk.content.readUInt8(0)).toBe(0);
  });

  it('are not carried out when the system says so, nor is what stood behind them', async () => {
    const disk = new MemoryExport(SIZE);
    let isThere = true;
    const { client, end } = await connect(disk, 'adopted', { stillConnected: () => isThere });
    disk.closeGate();
    const count = LIMITS.nbdInFlightRequests + 10;
    for (let cookie = 1; cookie <= count; cookie++) {
      client.send(requestBytes({ command: WRITE, cookie, payload: Buffer.from('ghost') }));
    }
    await expect.poll(() => disk.waiting).toBe(LIMITS.nbdInFlightRequests);
    isThere = false;
    disk.openGate();
    expect(await end).toBeUndefined();
    expect(disk.content.readUInt8(0)).toBe(0);
    expect(disk.calls).toHaveLength(LIMITS.nbdInFlightRequests);
  });

  it('are finished before a disconnect is', async () => {
    const disk = new MemoryExport(SIZE);
    const { client, end } = await connect(disk);
    disk.closeGate();
    client.send(requestBytes({ command: WRITE, payload: Buffer.from('last') }), requestBytes({ command: DISC }));
    await expect.poll(() => disk.waiting).toBe(1);
    disk.openGate();
    await client.ended;
    expect(await end).toBeUndefined();
    expect(disk.content.toString('utf8', 0, 4)).toBe('last');
  });
});

describe('a client that does not read', () => {
  it.each(WAYS)('is not served beyond a few replies, until it reads, %s', async (way) => {
    const disk = new MemoryExport(SIZE);
    const { client } = await connect(disk, way);
    client.socket.pause();
    const count = 64;
    const length = 1024 * 1024;
    disk.content.fill('r');
    for (let cookie = 1; cookie <= count; cookie++) client.send(requestBytes({ command: READ, cookie, length }));
    await expect.poll(() => disk.calls.length).toBeGreaterThan(3);
    await manyTurns(disk);
    expect(disk.calls.length).toBeLessThan(16);
    client.socket.resume();
    for (let cookie = 1; cookie <= count; cookie++) {
      const reply = await client.reply(length);
      expect([reply.cookie, reply.data.equals(disk.content.subarray(0, length))]).toEqual([cookie, true]);
    }
  });
});

describe('a write that is cut', () => {
  it('in the middle of its payload changes nothing', async () => {
    const disk = new MemoryExport(SIZE);
    const { client, end } = await connect(disk);
    const bytes = requestBytes({ command: WRITE, payload: Buffer.alloc(SIZE, 'x') });
    client.send(bytes.subarray(0, 3_000_000));
    client.socket.end();
    await end;
    expect(disk.calls).toEqual([]);
  });

  it.each(WAYS)('into pieces arrives whole, whatever their size, %s', async (way) => {
    const disk = new MemoryExport(SIZE);
    const { client } = await connect(disk, way);
    const payload = Buffer.alloc(700_000);
    for (let at = 0; at < payload.length; at++) payload[at] = at % 251;
    const bytes = Buffer.concat([
      requestBytes({ command: WRITE, cookie: 1, payload: payload.subarray(0, 100_000) }),
      requestBytes({ command: CACHE, cookie: 2, length: 1 }),
      requestBytes({ command: WRITE, cookie: 3, offset: 100_000, payload: payload.subarray(100_000) }),
      requestBytes({ command: FLUSH, cookie: 4 }),
    ]);
    let size = 7;
    for (let at = 0; at < bytes.length; at += size) {
      size = 1 + ((size * 7919) % 90_001);
      await new Promise<void>((resolve) => client.socket.write(bytes.subarray(at, at + size), () => resolve()));
    }
    for (const cookie of [1, 2, 3, 4]) expect(await client.reply()).toMatchObject({ cookie, code: 0 });
    expect(disk.content.subarray(0, payload.length).equals(payload)).toBe(true);
  });
});

describe('an export that is withdrawn', () => {
  it('is answered for with ESHUTDOWN, for a moment, to an idle client too', async () => {
    const disk = new MemoryExport(SIZE);
    const { client, end } = await connect(disk);
    disk.withdraw();
    await Promise.resolve();
    expect(await client.errnoOf({ command: WRITE, payload: Buffer.from('no') })).toBe(ESHUTDOWN);
    expect(await client.errnoOf({ command: FLUSH })).toBe(ESHUTDOWN);
    await client.ended;
    expect(await end).toBe('the export is served here no more');
    expect(disk.calls).toEqual([]);
    expect(disk.closed).toBe(1);
  });

  it('answers what was in flight as it went', async () => {
    const disk = new MemoryExport(SIZE);
    const { client, end } = await connect(disk);
    disk.closeGate();
    client.send(requestBytes({ command: WRITE, cookie: 9, payload: Buffer.from('done') }));
    await expect.poll(() => disk.waiting).toBe(1);
    disk.withdraw();
    expect(await client.errnoOf({ command: READ, length: 1 })).toBe(ESHUTDOWN);
    disk.openGate();
    expect(await client.reply()).toMatchObject({ cookie: 9, code: 0 });
    client.send(requestBytes({ command: DISC }));
    await client.ended;
    expect(await end).toBeUndefined();
  });

  it('has no moment left when the client goes first', async () => {
    const disk = new MemoryExport(SIZE);
    const { client, end } = await connect(disk);
    disk.withdraw();
    expect(await client.errnoOf({ command: FLUSH })).toBe(ESHUTDOWN);
    client.socket.destroy();
    expect(await end).toBeUndefined();
  });
});

describe('farewell by disconnecting', () => {
  it('leaves what waits and what comes unanswered, and delivers what was done', async () => {
    const disk = new MemoryExport(SIZE);
    const { client, end } = await connect(disk, 'adopted', { farewell: 'disconnect' });
    const answers: number[] = [];
    const reading = (async () => {
      for (;;) answers.push((await client.reply()).cookie);
    })().catch(() => undefined);
    client.send(requestBytes({ command: WRITE, cookie: 7, payload: Buffer.from('done') }));
    await expect.poll(() => answers).toEqual([7]);
    disk.closeGate();
    client.send(requestBytes({ command: WRITE, cookie: 8, payload: Buffer.from('waits') }));
    await expect.poll(() => disk.waiting).toBe(1);
    disk.withdraw();
    client.send(requestBytes({ command: READ, cookie: 9, length: 1 }));
    disk.failures.set('write', new NbdError(ESHUTDOWN, 'moved'));
    disk.openGate();
    await client.ended;
    await reading;
    expect(answers).toEqual([7]);
    expect(await end).toBe('the export is served here no more');
  });
});

describe('a thread that stood still', () => {
  it.each([false, true])('carries out what was sent before only if its client is still there: %s', async (stays) => {
    const disk = new MemoryExport(SIZE);
    let isThere = true;
    const stall = new Int32Array(new SharedArrayBuffer(4));
    disk.beforeCall = ({ offset }) => {
      if (offset !== 0) return;
      // As a disk that does not answer: nothing else of this thread runs meanwhile.
      Atomics.wait(stall, 0, 0, 1100);
      isThere = stays;
    };
    const { client, end } = await connect(disk, 'adopted', { stillConnected: () => isThere });
    const writes = [0, 512, 1024].map((offset) =>
      requestBytes({ command: WRITE, cookie: offset, offset, payload: Buffer.from('x') }),
    );
    client.send(Buffer.concat([...writes, requestBytes({ command: DISC })]));
    await end;
    expect(disk.calls.map(({ offset }) => offset)).toEqual(stays ? [0, 512, 1024] : [0]);
  });
});

describe('a connection', () => {
  it('that is shut down answers ESHUTDOWN and ends', async () => {
    const { client, connection } = await connect(new MemoryExport(SIZE));
    const over = connection.shutDown();
    expect(await client.errnoOf({ command: FLUSH })).toBe(ESHUTDOWN);
    await Promise.all([over, client.ended]);
  });

  it('that is destroyed ends at once', async () => {
    const disk = new MemoryExport(SIZE);
    const { client, connection, end } = await connect(disk);
    connection.destroy();
    await Promise.all([client.ended, end]);
    expect(disk.closed).toBe(1);
  });

  it('survives a client that resets it with replies on their way', async () => {
    const disk = new MemoryExport(SIZE);
    const { client, end } = await connect(disk);
    client.socket.pause();
    for (let cookie = 1; cookie <= 32; cookie++) client.send(requestBytes({ command: READ, cookie, length: SIZE }));
    await expect.poll(() => disk.calls.length).toBeGreaterThan(0);
    client.socket.destroy();
    await end;
    expect(disk.closed).toBe(1);
  });
});

function simpleReply(cookie: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32BE(0x67446698);
  bytes.writeUInt32BE(cookie, 12);
  return bytes;
}
