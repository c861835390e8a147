import { GodwitError } from '@godwit/errors';
import { LIMITS } from '@godwit/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { NbdError } from '../nbdError.js';
import { MemoryExport } from './testing/memoryExport.js';
import { type RawClient, type RawRequest, requestBytes } from './testing/rawClient.js';
import { TestServer } from './testing/served.js';

const [READ, WRITE, DISC, FLUSH, TRIM, CACHE, ZEROES, STATUS] = [0, 1, 2, 3, 4, 5, 6, 7];
const [FUA, NO_HOLE, DF, REQ_ONE, FAST_ZERO, PAYLOAD_LEN] = [1, 2, 4, 8, 16, 32];
const [EPERM, EIO, EINVAL, ENOSPC, ENOTSUP, ESHUTDOWN] = [1, 5, 22, 28, 95, 108];
const SIZE = 1024 * 1024;
const MAXIMUM = LIMITS.nbdRequestBytes;

const servers: TestServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

interface Agreed {
  readonly structured?: boolean;
  readonly contexts?: readonly string[];
}

async function connect(disk: MemoryExport, agreed: Agreed = {}): Promise<RawClient> {
  const server = new TestServer();
  servers.push(server);
  const { client } = await server.serve(disk.asExports());
  await client.choose(disk.name, agreed);
  return client;
}

/** The connection lives: a flush is answered. */
async function expectAlive(client: RawClient): Promise<void> {
  expect(await client.errnoOf({ command: FLUSH })).toBe(0);
}

const ILLEGAL: [string, RawRequest, number][] = [
  ['an unknown command', { command: 99 }, EINVAL],
  ['RESIZE', { command: 8 }, EINVAL],
  ['unknown flags', { command: READ, flags: 0x80, length: 1 }, EINVAL],
  ['REQ_ONE with READ', { command: READ, flags: REQ_ONE, length: 1 }, EINVAL],
  ['NO_HOLE with WRITE', { command: WRITE, flags: NO_HOLE, payload: Buffer.alloc(512) }, EINVAL],
  ['PAYLOAD_LEN with WRITE', { command: WRITE, flags: PAYLOAD_LEN, payload: Buffer.alloc(512) }, EINVAL],
  ['FAST_ZERO with TRIM', { command: TRIM, flags: FAST_ZERO, length: 1 }, EINVAL],
  ['NO_HOLE with CACHE', { command: CACHE, flags: NO_HOLE, length: 1 }, EINVAL],
  ['DF with WRITE_ZEROES', { command: ZEROES, flags: DF, length: 1 }, EINVAL],
  ['READ past the end', { command: READ, offset: SIZE - 1, length: 2 }, EINVAL],
  ['READ far past the end', { command: READ, offset: 2n ** 64n - 1n, length: 1 }, EINVAL],
  ['READ behind the end', { command: READ, offset: SIZE + 1, length: 0 }, EINVAL],
  ['WRITE past the end', { command: WRITE, offset: SIZE - 1, payload: Buffer.alloc(512) }, ENOSPC],
  ['WRITE far past the end', { command: WRITE, offset: 2n ** 63n, payload: Buffer.alloc(512) }, ENOSPC],
  ['WRITE_ZEROES past the end', { command: ZEROES, offset: SIZE, length: 1 }, ENOSPC],
  ['TRIM past the end', { command: TRIM, offset: 0, length: SIZE + 1 }, EINVAL],
  ['CACHE past the end', { command: CACHE, offset: SIZE, length: 1 }, EINVAL],
  ['a READ that is too long', { command: READ, length: MAXIMUM + 1 }, EINVAL],
  ['FLUSH of a range', { command: FLUSH, length: 1 }, EINVAL],
  ['BLOCK_STATUS without a context', { command: STATUS, length: 1 }, EINVAL],
];

const FAILURES: [string, unknown, number][] = [
  ['E_MOVED', new GodwitError('E_MOVED', { name: 'disk', location: 'there' }), ESHUTDOWN],
  ['E_SHUTDOWN', new GodwitError('E_SHUTDOWN'), ESHUTDOWN],
  ['E_COLD', new GodwitError('E_COLD', { name: 'disk' }), EPERM],
  ['E_RANGE', new GodwitError('E_RANGE', { offset: 0, length: 1, size: 0 }), EINVAL],
  ['E_IO', new GodwitError('E_IO', { path: 'p', problem: 'EIO', offset: 0 }), EIO],
  ['E_IO for want of room', new GodwitError('E_IO', {}, { cause: systemError('EDQUOT') }), ENOSPC],
  ['a system error', systemError('ENOSPC'), ENOSPC],
  ['an NbdError', new NbdError(ENOTSUP, 'slow'), ENOTSUP],
  ['a fault of ours', new TypeError('undefined is no function'), EIO],
  ['no error at all', 'text', EIO],
];

describe.each([
  ['simple', false],
  ['structured', true],
])('with %s replies', (_, structured) => {
  it.each(ILLEGAL)('%s is refused, and the connection lives', async (_what, request, errno) => {
    const disk = new MemoryExport(SIZE);
    const client = await connect(disk, { structured });
    expect(await client.errnoOf(request)).toBe(errno);
    expect(disk.calls).toEqual([]);
    await expectAlive(client);
  });

  it.each([
    ['READ', { command: READ }],
    ['WRITE', { command: WRITE }],
    ['TRIM', { command: TRIM }],
    ['WRITE_ZEROES', { command: ZEROES }],
    ['CACHE', { command: CACHE, offset: SIZE }],
  ])('%s of nothing does nothing', async (_what, request) => {
    const disk = new MemoryExport(SIZE);
    const client = await connect(disk, { structured });
    expect(await client.errnoOf(request)).toBe(0);
    expect(disk.calls).toEqual([]);
    await expectAlive(client);
  });

  it.each([WRITE, TRIM, ZEROES])('command %i is refused where the export is read-only', async (command) => {
    const disk = new MemoryExport(SIZE, { readOnly: true });
    const client = await connect(disk, { structured });
    const payload = command === WRITE ? { payload: Buffer.alloc(512) } : { length: 512 };
    expect(await client.errnoOf({ command, ...payload })).toBe(EPERM);
    expect(disk.calls).toEqual([]);
    expect(await client.errnoOf({ command: READ, length: 512 })).toBe(0);
  });

  it.each(FAILURES)('%s is answered, at once and later', async (_what, thrown, errno) => {
    const disk = new MemoryExport(SIZE);
    for (const what of ['read', 'write', 'trim']) disk.failures.set(what, thrown);
    const client = await connect(disk, { structured });
    const requests = [
      { command: READ, length: 64 * 1024 },
      { command: WRITE, payload: Buffer.alloc(512) },
      { command: TRIM, length: 512 },
    ];
    for (const request of requests) expect(await client.errnoOf(request)).toBe(errno);
    disk.closeGate();
    for (const request of requests) {
      const answer = client.errnoOf(request);
      await expect.poll(() => disk.waiting).toBe(1);
      disk.openGate();
      expect(await answer).toBe(errno);
      disk.closeGate();
    }
    disk.openGate();
    await expectAlive(client);
  });
});

describe('a request', () => {
  it('hands its flags to the export', async () => {
    const disk = new MemoryExport(SIZE);
    const client = await connect(disk);
    await client.errnoOf({ command: WRITE, flags: FUA, payload: Buffer.from('x') });
    await client.errnoOf({ command: ZEROES, flags: FUA | NO_HOLE | FAST_ZERO, length: 1 });
    await client.errnoOf({ command: ZEROES, flags: FAST_ZERO, length: 1 });
    await client.errnoOf({ command: TRIM, length: 1 });
    expect(disk.calls.map(({ flags }) => flags)).toEqual([
      { fua: true, noHole: false, fastZero: false },
      { fua: true, noHole: true, fastZero: true },
      { fua: false, noHole: false, fastZero: true },
      { fua: false, noHole: false, fastZero: false },
    ]);
  });

  it('may have FUA whatever it is', async () => {
    const client = await connect(new MemoryExport(SIZE), { structured: true, contexts: ['base:allocation'] });
    for (const command of [READ, FLUSH, TRIM, CACHE, ZEROES, STATUS]) {
      const length = command === FLUSH ? 0 : 1;
      expect(await client.errnoOf({ command, flags: FUA, length })).toBe(0);
    }
  });

  it('that writes too much ends the connection', async () => {
    const disk = new MemoryExport(SIZE);
    const client = await connect(disk);
    client.send(requestBytes({ command: WRITE, length: MAXIMUM + 1 }));
    await client.ended;
    expect(disk.calls).toEqual([]);
  });

  it('that is none ends the connection, once what came before is answered', async () => {
    const client = await connect(new MemoryExport(SIZE));
    client.send(requestBytes({ command: FLUSH, cookie: 5 }), Buffer.alloc(28, 0x55));
    expect(await client.reply()).toMatchObject({ code: 0, cookie: 5 });
    await client.ended;
  });

  it('to disconnect ends the connection', async () => {
    const disk = new MemoryExport(SIZE);
    const client = await connect(disk);
    client.send(requestBytes({ command: WRITE, payload: Buffer.from('kept') }), requestBytes({ command: DISC }));
    expect(await client.reply()).toMatchObject({ code: 0 });
    await client.ended;
    expect(disk.content.toString('utf8', 0, 4)).toBe('kept');
  });

  it('to disconnect does not take the replies away that are on their way', async () => {
    const disk = new MemoryExport(3 * SIZE);
    disk.content.fill('r');
    const client = await connect(disk);
    client.socket.pause();
    client.send(requestBytes({ command: READ, length: 3 * SIZE }), requestBytes({ command: DISC }));
    await expect.poll(() => disk.answered.length).toBe(1);
    client.socket.resume();
    expect((await client.reply(3 * SIZE)).data.equals(disk.content)).toBe(true);
    await client.ended;
  });

  it('is observed with its length and outcome', async () => {
    const disk = new MemoryExport(SIZE);
    const client = await connect(disk);
    await client.errnoOf({ command: WRITE, payload: Buffer.alloc(512) });
    await client.errnoOf({ command: READ, offset: SIZE, length: 8 });
    await client.errnoOf({ command: FLUSH });
    const durationMs = expect.any(Number);
    await expect
      .poll(() => disk.answered)
      .toEqual([
        { kind: 'write', bytes: 512, error: 0, durationMs },
        { kind: 'read', bytes: 8, error: EINVAL, durationMs },
        { kind: 'flush', bytes: 0, error: 0, durationMs },
      ]);
  });

  it('of the largest size goes through whole, both ways', async () => {
    const disk = new MemoryExport(MAXIMUM + 4096);
    const client = await connect(disk);
    const payload = Buffer.alloc(MAXIMUM, 'abcdefg');
    expect(await client.errnoOf({ command: WRITE, offset: 4096, payload })).toBe(0);
    expect(disk.content.subarray(4096).equals(payload)).toBe(true);
    client.send(requestBytes({ command: READ, offset: 4096, length: MAXIMUM }));
    expect((await client.reply(MAXIMUM)).data.equals(payload)).toBe(true);
  });
});

describe('a structured reply', () => {
  it('says what went wrong', async () => {
    const disk = new MemoryExport(SIZE);
    disk.failures.set('write', new GodwitError('E_MOVED', { name: 'disk', location: 'there' }));
    const client = await connect(disk, { structured: true });
    client.send(requestBytes({ command: WRITE, payload: Buffer.from('x') }));
    const { data } = await client.reply();
    expect(data.toString('utf8', 6)).toBe('image "disk" moved to there; write there');
  });

  it('leaves out the zeroes of holes, unless one piece is asked for', async () => {
    const disk = new MemoryExport(SIZE);
    disk.content.fill('d');
    disk.holes = [[65536, 131072]];
    disk.content.fill(0, 65536, 131072);
    const client = await connect(disk, { structured: true });
    const read = { command: READ, offset: 32768, length: 131072 };
    client.send(requestBytes(read));
    const [data, hole, rest] = [await client.reply(), await client.reply(), await client.reply()];
    expect([data.code, hole.code, rest.code]).toEqual([1, 2, 1]);
    expect([data.flags, hole.flags, rest.flags]).toEqual([0, 0, 1]);
    expect([data.data.length, rest.data.length]).toEqual([8 + 32768, 8 + 32768]);
    expect(data.data.readBigUInt64BE(0)).toBe(32768n);
    expect([hole.data.readBigUInt64BE(0), hole.data.readUInt32BE(8)]).toEqual([65536n, 65536]);
    expect(rest.data.readBigUInt64BE(0)).toBe(131072n);
    client.send(requestBytes({ ...read, flags: DF }));
    const whole = await client.reply();
    expect([whole.code, whole.flags]).toEqual([1, 1]);
    expect(whole.data.subarray(8).equals(disk.content.subarray(32768, 163840))).toBe(true);
  });

  it('has nothing but a hole for a hole', async () => {
    const disk = new MemoryExport(SIZE);
    disk.holes = [[0, SIZE]];
    const client = await connect(disk, { structured: true });
    client.send(requestBytes({ command: READ, length: SIZE }));
    expect(await client.reply()).toMatchObject({ code: 2, flags: 1 });
    expect(disk.calls).toEqual([]);
  });

  it('with holes waits for its data, and fails as a whole', async () => {
    const disk = new MemoryExport(SIZE);
    disk.holes = [[65536, 131072]];
    disk.content.fill('d', 0, 65536);
    const client = await connect(disk, { structured: true });
    disk.closeGate();
    client.send(
      requestBytes({ command: READ, length: 262144 }),
      requestBytes({ command: CACHE, length: 1, cookie: 2 }),
    );
    await expect.poll(() => disk.waiting).toBe(3);
    disk.openGate();
    const kinds = [await client.reply(), await client.reply(), await client.reply(), await client.reply()];
    const pieces = kinds.filter(({ cookie }) => cookie === 1);
    expect(pieces.map(({ code, flags }) => [code, flags])).toEqual([
      [1, 0],
      [2, 0],
      [1, 1],
    ]);
    expect(pieces[0]?.data.subarray(8).equals(disk.content.subarray(0, 65536))).toBe(true);
    disk.failures.set('read', new Error('lost'));
    expect(await client.errnoOf({ command: READ, length: 262144 })).toBe(EIO);
    await expectAlive(client);
  });

  it('has a chunk for each agreed context', async () => {
    const contexts = ['base:allocation', 'qemu:dirty-bitmap:godwit'];
    const client = await connect(new MemoryExport(SIZE), { structured: true, contexts });
    client.send(requestBytes({ command: STATUS, length: 8192 }));
    const [first, last] = [await client.reply(), await client.reply()];
    expect([first.code, last.code, first.flags, last.flags]).toEqual([5, 5, 0, 1]);
    expect(first.data.readUInt32BE(0)).not.toBe(last.data.readUInt32BE(0));
    const words = (data: Buffer) => [4, 8, 12, 16].map((at) => data.readUInt32BE(at));
    expect([words(first.data), words(last.data)]).toEqual([
      [4096, 3, 4096, 0],
      [4096, 1, 4096, 0],
    ]);
    client.send(requestBytes({ command: STATUS, flags: REQ_ONE, length: 8192 }));
    expect([(await client.reply()).data.length, (await client.reply()).data.length]).toEqual([12, 12]);
    expect(await client.errnoOf({ command: STATUS })).toBe(EINVAL);
  });
});

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
