import { once } from 'node:events';
import net from 'node:net';
import { encodeFrame } from '@godwit/protocol';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { askOnce } from './resolveOutcome.js';

let server: net.Server;
let port: number;
const sockets = new Set<net.Socket>();

/** A destination that greets, goes on living, and never says who owns. */
beforeEach(async () => {
  server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.write(encodeFrame('HelloAck', { version: 2, agentVersion: 'far', windowBytes: 0, heartbeatMs: 100 }));
    const beat = setInterval(() => socket.write(encodeFrame('Heartbeat', { sentAtMs: 1, echoMs: 0 })), 50);
    socket.once('close', () => clearInterval(beat));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server.close();
});

it('waits for an answer no longer than it is told to', async () => {
  const peer = { host: '127.0.0.1', port, token: '', agentVersion: 'near', peerTimeoutMs: 60_000 };
  const question = { migration: 'm', names: ['vm'], epochs: [1] };
  await expect(askOnce(peer, question, AbortSignal.timeout(300))).rejects.toThrow();
});
