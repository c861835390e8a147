import { LIMITS } from '@godwit/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { MemoryExport } from './testing/memoryExport.js';
import { requestBytes } from './testing/rawClient.js';
import { TestServer, type Way } from './testing/served.js';

const [WRITE, DISC] = [1, 2];
const MIB = 1024 * 1024;
const WAYS: readonly Way[] = ['adopted', 'wrapped', 'taken'];

const servers: TestServer[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

describe.each(WAYS)('a client on a socket that was %s', (way) => {
  it('is said to have left while what it sent still waits', async () => {
    const server = new TestServer();
    servers.push(server);
    const disk = new MemoryExport(4096);
    const order: string[] = [];
    const { client, end } = await server.serve(disk.asExports(), way, { onLeft: () => order.push('left') });
    await client.choose(disk.name);
    disk.closeGate();
    client.send(requestBytes({ command: WRITE, cookie: 1, payload: Buffer.from('late') }));
    await expect.poll(() => disk.waiting).toBe(1);
    client.socket.destroy();
    await expect.poll(() => order).toEqual(['left']);
    void end.then(() => order.push('ended'));
    expect([disk.waiting, disk.closed]).toEqual([1, 0]);
    disk.openGate();
    await end;
    expect([disk.closed, order]).toEqual([1, ['left', 'ended']]);
  });

  it('is served', async () => {
    const server = new TestServer();
    servers.push(server);
    const disk = new MemoryExport(4096);
    const { client } = await server.serve(disk.asExports(), way);
    await client.choose(disk.name);
    expect(await client.errnoOf({ command: WRITE, offset: 7, payload: Buffer.from('here') })).toBe(0);
    expect(disk.content.toString('utf8', 7, 11)).toBe('here');
  });
});

describe('a client whose requests wait', () => {
  it('is missed when it leaves while it is not read, and its requests are given up', async () => {
    const server = new TestServer();
    servers.push(server);
    const disk = new MemoryExport(4096);
    let isThere = true;
    const { client, end } = await server.serve(disk.asExports(), 'adopted', { stillConnected: () => isThere });
    await client.choose(disk.name);
    disk.closeGate();
    for (let cookie = 0; cookie <= LIMITS.nbdInFlightRequests; cookie++) {
      client.send(requestBytes({ command: WRITE, cookie, payload: Buffer.from('late') }));
    }
    await expect.poll(() => disk.waiting).toBe(LIMITS.nbdInFlightRequests);
    isThere = false;
    await expect.poll(() => disk.abandoned, { timeout: 10_000 }).toBe(1);
    disk.openGate();
    await end;
    expect([disk.closed, disk.content.readUInt8(0)]).toEqual([1, 0]);
  });

  it('piles up nothing behind its disconnect', async () => {
    const server = new TestServer();
    servers.push(server);
    const disk = new MemoryExport(4096);
    const { client, end } = await server.serve(disk.asExports());
    await client.choose(disk.name);
    disk.closeGate();
    client.send(requestBytes({ command: WRITE, payload: Buffer.from('last') }));
    client.send(requestBytes({ command: DISC }));
    await expect.poll(() => disk.waiting).toBe(1);
    const before = process.memoryUsage().arrayBuffers;
    const more = Buffer.alloc(MIB);
    for (let sent = 0; sent < 32; sent++) await new Promise<void>((taken) => client.socket.write(more, () => taken()));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * MIB);
    disk.openGate();
    await end;
    expect(disk.content.toString('utf8', 0, 4)).toBe('last');
  });
});
