/** The client and the server of this package with each other. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LIMITS } from '@godwit/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NbdErrno, OptionReply } from '../codec/constants.js';
import { NbdError } from '../nbdError.js';
import { NbdConnection } from '../server/connection.js';
import { MemoryExport } from '../server/testing/memoryExport.js';
import { NbdClient } from './nbdClient.js';
import { listExports, probeExport } from './probe.js';
import { refusalOf } from './refusal.js';

const OPTIONS = { timeoutMs: 5_000, contexts: ['base:allocation', 'nobody:has-this'] };
const SIZE = 8 * 1024 * 1024;

let folder: string;
let disk: MemoryExport;
let server: net.Server;
const address = () => ({ path: join(folder, 's') });
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-client-'));
  disk = new MemoryExport(SIZE);
  server = net.createServer({ pauseOnConnect: true }, (socket) => {
    NbdConnection.wrap(socket, {
      exports: disk.asExports(),
      tls: { mode: 'off' },
      handshakeTimeoutMs: 5_000,
      onEnd: () => undefined,
    });
  });
  server.listen(address().path);
  await once(server, 'listening');
});
afterEach(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

describe.each([true, false])('with structured replies: %s', (structuredReplies) => {
  let client: NbdClient;
  beforeEach(async () => {
    client = await NbdClient.connect(address(), 'disk', { ...OPTIONS, structuredReplies });
  });
  afterEach(() => client.close());

  it('knows what was agreed', () => {
    expect(client).toMatchObject({ name: 'disk', size: SIZE, contexts: structuredReplies ? ['base:allocation'] : [] });
  });

  it('reads what was written, in pieces of any size and many at once', async () => {
    const lengths = [1, 511, 512, 4096, 65_537, 1_000_000, 3_000_000];
    let at = 3;
    const places = lengths.map((length) => {
      const offset = at;
      at += length;
      return { offset, data: Uint8Array.from({ length }, (_, index) => (index * 7 + length) % 251) };
    });
    await Promise.all(places.map(({ offset, data }) => client.write(offset, data)));
    const targets = places.map(({ data }) => new Uint8Array(data.length));
    await Promise.all(places.map(({ offset }, index) => client.read(offset, targets[index] ?? new Uint8Array())));
    for (const [index, { data }] of places.entries()) expect(Buffer.compare(targets[index] ?? data, data)).toBe(0);
  });

  it('reads holes as zeros', async () => {
    disk.content.fill(9);
    disk.content.fill(0, 4096, 8192);
    disk.holes = [[4096, 8192]];
    const target = new Uint8Array(12_288).fill(1);
    await client.read(0, target);
    expect(Buffer.compare(target, disk.content.subarray(0, 12_288))).toBe(0);
  });

  it('passes flags on', async () => {
    await client.write(0, new Uint8Array(1), { fua: true });
    await client.writeZeroes(0, 512, { noHole: true, fastZero: true });
    await client.trim(512, 512);
    await client.cache(0, 1024);
    await client.flush();
    expect(disk.calls).toMatchObject([
      { what: 'write', flags: { fua: true, noHole: false, fastZero: false } },
      { what: 'writeZeroes', length: 512, flags: { fua: false, noHole: true, fastZero: true } },
      { what: 'trim', offset: 512, length: 512 },
      { what: 'cache', length: 1024 },
      { what: 'flush' },
    ]);
  });

  it('rejects with the errno of the server, and goes on', async () => {
    disk.failures.set('write', new NbdError(NbdErrno.ENOSPC, 'full'));
    await expect(client.write(0, new Uint8Array(1))).rejects.toMatchObject({ errno: NbdErrno.ENOSPC });
    await client.read(0, new Uint8Array(1));
  });
});

describe('a client', () => {
  it('asks one context', async () => {
    const client = await NbdClient.connect(address(), 'disk', OPTIONS);
    expect(await client.blockStatus('base:allocation', 0, 4096)).toEqual([
      { length: 2048, flags: 3 },
      { length: 2048, flags: 0 },
    ]);
    await expect(client.blockStatus('nobody:has-this', 0, 4096)).rejects.toThrow(RangeError);
    await client.close();
  });

  it('sends no request that is outside of the export, empty or too long', async () => {
    const client = await NbdClient.connect(address(), 'disk', OPTIONS);
    const wrong = [
      client.read(SIZE - 1, new Uint8Array(2)),
      client.read(-1, new Uint8Array(2)),
      client.write(0, new Uint8Array(0)),
      client.trim(0.5, 1),
    ];
    for (const one of wrong) await expect(one).rejects.toThrow(RangeError);
    expect(disk.calls).toEqual([]);
    await client.close();
  });

  it('has so many requests in flight and no more; the others wait in their order', async () => {
    const client = await NbdClient.connect(address(), 'disk', OPTIONS);
    disk.closeGate();
    const limit = LIMITS.nbdInFlightRequests;
    const answers = Array.from({ length: 2 * limit }, (_, index) => client.write(index, Uint8Array.of(index % 256)));
    await expect.poll(() => disk.waiting).toBe(limit);
    disk.openGate();
    await Promise.all(answers);
    expect(disk.mostWaiting).toBe(limit);
    expect(disk.calls.map((call) => call.offset)).toEqual(answers.map((_, index) => index));
    await client.close();
  });

  it('is told why it is refused', async () => {
    const connecting = NbdClient.connect(address(), 'nope', OPTIONS);
    await expect(connecting).rejects.toMatchObject({ code: 'E_NBD_REFUSED' });
    const error: unknown = await connecting.catch((thrown: unknown) => thrown);
    expect(refusalOf(error)).toBe(OptionReply.errUnknown);
    await expect(NbdClient.connect({ path: join(folder, 'nobody') }, 'disk', OPTIONS)).rejects.toMatchObject({
      code: 'E_UNREACHABLE',
      parameters: { problem: 'there is no such socket' },
    });
  });

  it('closes the export behind it', async () => {
    const client = await NbdClient.connect(address(), 'disk', OPTIONS);
    await client.close();
    await expect.poll(() => disk.closed).toBe(1);
  });
});

describe('a probe', () => {
  it('describes an export without opening it', async () => {
    expect(await probeExport(address(), '', { timeoutMs: 5_000 })).toMatchObject({
      name: 'disk',
      description: 'made of memory',
      size: SIZE,
      contexts: ['base:allocation', 'qemu:dirty-bitmap:godwit'],
    });
    expect(disk.opened).toBe(0);
  });

  it('lists', async () => {
    expect(await listExports(address(), { timeoutMs: 5_000 })).toEqual([
      { name: 'disk', description: 'made of memory' },
    ]);
  });
});
