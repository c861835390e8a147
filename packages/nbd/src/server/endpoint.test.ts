import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type EndpointAddress, type EndpointOptions, NbdEndpoint } from './endpoint.js';

let folder: string;
const open: NbdEndpoint[] = [];
const sockets: net.Socket[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-endpoint-'));
});

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(open.splice(0).map((endpoint) => endpoint.close()));
  rmSync(folder, { recursive: true, force: true });
});

async function listen(address: EndpointAddress, options: Partial<EndpointOptions> = {}): Promise<NbdEndpoint> {
  const endpoint = await NbdEndpoint.listen(address, {
    flag: '--nbd',
    onConnection: (socket) => sockets.push(socket),
    maximumConnections: 8,
    ...options,
  });
  open.push(endpoint);
  return endpoint;
}

/** Resolves when the server has closed its side. */
function closed(socket: net.Socket): Promise<void> {
  sockets.push(socket);
  socket.on('error', () => undefined);
  return new Promise((resolve) => {
    socket.resume().once('close', () => resolve());
  });
}

/** As /proc/net/tcp writes it. */
function hexPort(port = 0): string {
  return port.toString(16).toUpperCase().padStart(4, '0');
}

describe('NbdEndpoint', () => {
  it('hands on connections of a TCP port, paused and without a byte read', async () => {
    const accepted = new Promise<net.Socket>((resolve) => {
      void listen({ host: '127.0.0.1', port: 0 }, { onConnection: resolve }).then((endpoint) => {
        const client = net.connect({ host: '127.0.0.1', port: endpoint.port ?? 0 }, () => client.write('hello'));
        sockets.push(client);
      });
    });
    const socket = await accepted;
    sockets.push(socket);
    expect(socket.isPaused()).toBe(true);
    const text = await new Promise((resolve) => socket.once('data', (chunk) => resolve(String(chunk))).resume());
    expect(text).toBe('hello');
  });

  it.runIf(process.platform === 'linux')('has silent clients asked within a minute', async () => {
    const accepted = new Promise<net.Socket>((resolve) => {
      void listen({ host: '127.0.0.1', port: 0 }, { onConnection: resolve }).then((endpoint) => {
        sockets.push(net.connect({ host: '127.0.0.1', port: endpoint.port ?? 0 }));
      });
    });
    const socket = await accepted;
    sockets.push(socket);
    const ends = `${hexPort(socket.localPort)} 0100007F:${hexPort(socket.remotePort)} 01 `;
    const line = readFileSync('/proc/net/tcp', 'utf8')
      .split('\n')
      .find((text) => text.includes(ends));
    // proc(5): timer 2 is keep-alive; when it fires, in clock ticks of 10 ms.
    const [, timer, ticks] = /^ *\d+: (?:\S+ ){4}(\d\d):([0-9A-F]{8})/.exec(line ?? '') ?? [];
    expect(timer).toBe('02');
    expect(Number.parseInt(ticks ?? '', 16)).toBeLessThanOrEqual(6100);
  });

  it('names the address and the option when the port is in use', async () => {
    const first = await listen({ host: '127.0.0.1', port: 0 });
    await expect(listen({ host: '127.0.0.1', port: first.port ?? 0 })).rejects.toMatchObject({
      code: 'E_PORT_IN_USE',
      message: `127.0.0.1:${first.port} is in use; choose another with --nbd`,
    });
  });

  it('says which address it cannot have', async () => {
    await expect(listen({ host: '203.0.113.1', port: 0 })).rejects.toMatchObject({
      code: 'E_ADDRESS',
      message: 'cannot listen on 203.0.113.1:0 (EADDRNOTAVAIL)',
    });
  });

  it('listens on a path and removes it at the end', async () => {
    const path = join(folder, 'nbd.sock');
    const endpoint = await listen({ path });
    expect(endpoint.port).toBeUndefined();
    expect(existsSync(path)).toBe(true);
    await endpoint.close();
    expect(existsSync(path)).toBe(false);
  });

  it('takes the place of a socket that a process left behind', async () => {
    const path = join(folder, 'nbd.sock');
    await leaveSocketBehind(path);
    expect(existsSync(path)).toBe(true);
    await listen({ path });
    await new Promise<void>((resolve) => sockets.push(net.connect({ path }, resolve)));
  });

  it('leaves a socket alone on which somebody listens', async () => {
    const path = join(folder, 'nbd.sock');
    await listen({ path });
    await expect(listen({ path })).rejects.toMatchObject({
      code: 'E_SOCKET_PATH',
      message: `${path}: another process listens there; choose another path`,
    });
    await new Promise<void>((resolve) => sockets.push(net.connect({ path }, resolve)));
  });

  it.each([
    ['a file', (path: string) => writeFileSync(path, 'precious')],
    ['a link to nothing', (path: string) => symlinkSync('/nowhere/at/all', path)],
  ])('leaves %s alone', async (_, make) => {
    const path = join(folder, 'taken');
    make(path);
    await expect(listen({ path })).rejects.toMatchObject({
      code: 'E_SOCKET_PATH',
      message: `${path}: exists and is no socket; choose another path`,
    });
  });

  it('refuses a path that the system would cut, and one in a folder that is not there', async () => {
    await expect(listen({ path: join(folder, 'x'.repeat(108)) })).rejects.toMatchObject({ code: 'E_SOCKET_PATH' });
    const path = join(folder, 'no', 'such');
    const message = `${path}: there is no folder ${join(folder, 'no')}`;
    await expect(listen({ path })).rejects.toMatchObject({ code: 'E_SOCKET_PATH', message });
  });

  it('closes what comes beyond the cap, and takes clients again once others have left', async () => {
    const refused: string[] = [];
    const path = join(folder, 'nbd.sock');
    await listen({ path }, { maximumConnections: 1, onRefused: (error) => refused.push(error.message) });
    const first = net.connect({ path });
    const ended = closed(first);
    await closed(net.connect({ path }));
    expect(refused).toEqual(['too many NBD connections: at most 1']);
    for (const socket of sockets.splice(0)) socket.destroy();
    await ended;
    const third = net.connect({ path });
    sockets.push(third);
    await new Promise<void>((resolve) => third.once('connect', () => resolve()));
    expect(refused).toHaveLength(1);
  });

  it('asks its owner how many are open, where they are in other threads', async () => {
    const path = join(folder, 'nbd.sock');
    const served: net.Socket[] = [];
    await listen(
      { path },
      { maximumConnections: 3, openConnections: () => 3, onConnection: (socket) => served.push(socket) },
    );
    await closed(net.connect({ path }));
    expect(served).toEqual([]);
  });
});

/** A bound path without a listener, as a killed process leaves it. */
async function leaveSocketBehind(path: string): Promise<void> {
  const { spawnSync } = await import('node:child_process');
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
  spawnSync(process.execPath, ['-e', script]);
}
