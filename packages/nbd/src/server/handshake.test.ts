import { connect as connectTls } from 'node:tls';
import { GodwitError } from '@godwit/errors';
import { afterEach, describe, expect, it } from 'vitest';
import type { Export } from '../export.js';
import { ONE } from './testing/certificates.js';
import { deferred } from './testing/deferred.js';
import { MemoryExport } from './testing/memoryExport.js';
import { goData, optionBytes, RawClient, requestBytes, u32 } from './testing/rawClient.js';
import { TestServer } from './testing/served.js';

const EXPORT_NAME = 1;
const ABORT = 2;
const STARTTLS = 5;
const GO = 7;
const STRUCTURED_REPLY = 8;
const TLS = { mode: 'require', material: ONE } as const;

const servers: TestServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

function testServer(transport: 'unix' | 'tcp' = 'unix'): TestServer {
  const server = new TestServer(transport);
  servers.push(server);
  return server;
}

/** An export that is there when the test says so. */
function awaited(exported: Export): { exports: { list: () => []; find: () => Promise<Export> }; arrive: () => void } {
  const { promise, resolve } = deferred<Export>();
  return { exports: { list: () => [], find: () => promise }, arrive: () => resolve(exported) };
}

describe('a handshake', () => {
  it.each([
    ['unix', 'adopted'],
    ['unix', 'wrapped'],
    ['tcp', 'adopted'],
    ['tcp', 'wrapped'],
  ] as const)('leads to an export over %s, %s', async (transport, way) => {
    const disk = new MemoryExport(4096);
    const { client } = await testServer(transport).serve(disk.asExports(), way);
    await client.choose('disk');
    client.send(requestBytes({ command: 1, offset: 512, payload: Buffer.from('hello') }));
    expect(await client.reply()).toMatchObject({ kind: 'simple', code: 0, cookie: 1 });
    expect(disk.content.toString('utf8', 512, 517)).toBe('hello');
    client.send(requestBytes({ command: 0, offset: 512, length: 5, cookie: 7 }));
    expect(await client.reply(5)).toMatchObject({ code: 0, cookie: 7, data: Buffer.from('hello') });
  });

  it('takes requests that came together with the choice', async () => {
    const disk = new MemoryExport(4096);
    const { client } = await testServer().serve(disk.asExports());
    const write = requestBytes({ command: 1, payload: Buffer.from('early') });
    client.send(u32(3), optionBytes(EXPORT_NAME, Buffer.from('disk')), write);
    await client.read(18 + 10);
    expect(await client.reply()).toMatchObject({ code: 0 });
    expect(disk.content.toString('utf8', 0, 5)).toBe('early');
  });

  it('works byte by byte', async () => {
    const { client } = await testServer().serve(new MemoryExport(4096).asExports());
    client.socket.setNoDelay(true);
    for (const byte of Buffer.concat([u32(3), optionBytes(GO, goData('disk')), requestBytes({ command: 3 })])) {
      await new Promise<void>((resolve) => client.socket.write(Buffer.from([byte]), () => resolve()));
    }
    await client.read(18);
    expect(await client.optionAnswer()).toMatchObject({ option: GO });
  });

  it('ends on ABORT without a word for the log, and answers it', async () => {
    const { client, end } = await testServer().serve(new MemoryExport(4096).asExports());
    await client.greet();
    expect(await client.ask(ABORT)).toMatchObject({ type: 1 });
    await client.ended;
    expect(await end).toBeUndefined();
  });

  it('ends a client that chooses nothing in time', async () => {
    const { client, end } = await testServer().serve(new MemoryExport(4096).asExports(), 'adopted', {
      handshakeTimeoutMs: 10,
    });
    await client.ended;
    expect(await end).toBe('no export was chosen within 10 ms');
  });

  it('does not count the time in which an export is waited for', async () => {
    const disk = new MemoryExport(4096);
    const { exports, arrive } = awaited(disk);
    const { client, end } = await testServer().serve(exports, 'adopted', { handshakeTimeoutMs: 1000 });
    client.send(u32(3), optionBytes(GO, goData('disk')));
    await client.read(18);
    // Another connection's time runs out meanwhile.
    const other = await testServer().serve(disk.asExports(), 'adopted', { handshakeTimeoutMs: 1200 });
    await other.end;
    arrive();
    expect(await client.optionAnswer()).toMatchObject({ option: GO });
    client.socket.destroy();
    expect(await end).toBeUndefined();
  });

  it('notices that a client leaves while it waits for an export', async () => {
    const disk = new MemoryExport(4096);
    const { exports, arrive } = awaited(disk);
    const { client, end } = await testServer().serve(exports);
    await client.greet();
    client.send(optionBytes(GO, goData('disk')));
    client.socket.end();
    expect(await end).toBeUndefined();
    arrive();
    await Promise.resolve();
    expect(disk.opened).toBe(0);
  });

  it('ends a client that waits for an export at shutDown', async () => {
    const { exports } = awaited(new MemoryExport(4096));
    const { client, connection } = await testServer().serve(exports);
    await client.greet();
    client.send(optionBytes(GO, goData('disk')));
    await Promise.all([connection.shutDown(), client.ended]);
  });

  it('does not collect what a client says while it waits', async () => {
    const { exports } = awaited(new MemoryExport(4096));
    const { client, end } = await testServer().serve(exports);
    await client.greet();
    client.send(optionBytes(GO, goData('disk')));
    client.send(Buffer.alloc(3 * 1024 * 1024));
    expect(await end).toMatch(/^\d+ bytes of options that wait for answers to earlier ones$/);
  });

  it.each([
    ['no client flags that are known', u32(0xffff)],
    ['no option', Buffer.concat([u32(3), Buffer.alloc(64, 0x55)])],
  ])('ends on %s', async (_, bytes) => {
    const { client, end } = await testServer().serve(new MemoryExport(4096).asExports());
    client.send(bytes);
    await client.ended;
    expect(await end).toEqual(expect.any(String));
  });

  it('ends, and nothing more, when the exports or the export fail', async () => {
    const failing = { list: () => [], find: () => Promise.reject(new Error('a fault of ours')) };
    const first = await testServer().serve(failing);
    await first.client.greet();
    first.client.send(optionBytes(GO, goData('disk')));
    expect(await first.end).toBe('a fault of ours');

    const disk = new MemoryExport(4096);
    disk.open = () => {
      throw new GodwitError('E_NO_FILE', { path: '/gone' });
    };
    const second = await testServer().serve(disk.asExports());
    await second.client.greet();
    second.client.send(optionBytes(GO, goData('disk')));
    expect(await second.end).toBe('export "disk" cannot be opened: /gone: no such file');
  });
});

describe('STARTTLS', () => {
  it.each(['adopted', 'wrapped'] as const)('goes on inside of TLS, %s', async (way) => {
    const disk = new MemoryExport(1024 * 1024);
    const { client, end } = await testServer().serve(disk.asExports(), way, { tls: TLS });
    await client.greet();
    expect((await client.ask(GO, goData('disk'))).type).toBe(0x80000005);
    expect((await client.ask(STARTTLS)).type).toBe(1);
    client.socket.removeAllListeners('data');
    const secure = connectTls({ socket: client.socket, ca: ONE.cert, servername: 'localhost' });
    await new Promise((resolve) => secure.once('secureConnect', resolve));
    const inside = new RawClient(secure);
    expect((await inside.ask(STRUCTURED_REPLY)).type).toBe(1);
    expect((await inside.ask(GO, goData('disk'))).type).toBe(1);
    const payload = Buffer.alloc(512 * 1024, 'x');
    inside.send(requestBytes({ command: 1, payload }));
    expect(await inside.reply()).toMatchObject({ code: 0 });
    inside.send(requestBytes({ command: 0, length: payload.length }));
    expect((await inside.reply()).data.subarray(8).equals(payload)).toBe(true);
    inside.send(requestBytes({ command: 2 }));
    await inside.ended;
    expect(await end).toBeUndefined();
  });

  it('forgets what was agreed in plain text', async () => {
    const { client } = await testServer().serve(new MemoryExport(4096).asExports(), 'adopted', {
      tls: { ...TLS, mode: 'allow' },
    });
    await client.greet();
    await client.ask(STRUCTURED_REPLY);
    await client.ask(STARTTLS);
    client.socket.removeAllListeners('data');
    const secure = connectTls({ socket: client.socket, ca: ONE.cert, servername: 'localhost' });
    const inside = new RawClient(secure);
    await inside.ask(GO, goData('disk'));
    inside.send(requestBytes({ command: 0, length: 16 }));
    expect(await inside.reply(16)).toMatchObject({ kind: 'simple', code: 0 });
  });

  it('does not take plain text that was slipped in behind it', async () => {
    const disk = new MemoryExport(4096);
    const { client, end } = await testServer().serve(disk.asExports(), 'adopted', { tls: TLS });
    await client.greet();
    client.send(optionBytes(STARTTLS), optionBytes(STRUCTURED_REPLY));
    await client.ended;
    expect(await end).toBe('bytes in plain text behind STARTTLS');
    expect(client.unread).toBe(0);
  });

  it('ends when no TLS follows, and when it takes too long', async () => {
    const first = await testServer().serve(new MemoryExport(4096).asExports(), 'adopted', { tls: TLS });
    await first.client.greet();
    await first.client.ask(STARTTLS);
    first.client.send(Buffer.from('this is no TLS at all, whatever one may think of it'));
    expect(await first.end).toEqual(expect.any(String));

    const slow = { tls: TLS, handshakeTimeoutMs: 1200 };
    const second = await testServer().serve(new MemoryExport(4096).asExports(), 'adopted', slow);
    await second.client.greet();
    await second.client.ask(STARTTLS);
    expect(await second.end).toEqual(expect.any(String));
  });

  it('is ended by destroy in the middle of it', async () => {
    const { client, connection, end } = await testServer().serve(new MemoryExport(4096).asExports(), 'adopted', {
      tls: TLS,
    });
    await client.greet();
    await client.ask(STARTTLS);
    connection.destroy();
    await Promise.all([client.ended, end]);
  });
});
