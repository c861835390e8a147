import { once } from 'node:events';
import net from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { connectSocket } from './connectSocket.js';

const servers: net.Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** The memory that the answers to so many bytes lay in. */
async function memoryOfEchoes(turnsToTls: boolean, echoes: readonly string[]): Promise<Set<ArrayBufferLike>> {
  const server = net.createServer((socket) => socket.pipe(socket));
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a port was expected');
  const place = { host: '127.0.0.1', port: address.port };
  const socket = await connectSocket(place, turnsToTls, new AbortController().signal);
  const memory = new Set<ArrayBufferLike>();
  for (const echo of echoes) {
    const answered = once(socket, 'data');
    socket.write(echo);
    const [bytes]: Buffer[] = await answered;
    memory.add((bytes ?? Buffer.alloc(0)).buffer);
  }
  socket.destroy();
  return memory;
}

it('reads all answers into the same memory', async () => {
  expect((await memoryOfEchoes(false, ['one', 'two', 'three'])).size).toBe(1);
});

it('leaves a socket that turns to TLS as it is', async () => {
  expect((await memoryOfEchoes(true, ['one', 'two', 'three'])).size).toBe(3);
});

it('gives what comes to whoever listens when it comes', async () => {
  const server = net.createServer((socket) => socket.end('early'));
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a port was expected');
  const place = { host: '127.0.0.1', port: address.port };
  const socket = await connectSocket(place, false, new AbortController().signal);
  const read: string[] = [];
  socket.on('data', (bytes: Buffer) => read.push(bytes.toString()));
  await once(socket, 'end');
  expect(read.join('')).toBe('early');
});
