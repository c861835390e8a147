import { once } from 'node:events';
import net from 'node:net';
import { hasNative } from '@godwit/native';
import { expect, it } from 'vitest';
import { stillConnectedOf } from './stillConnected.js';

it.skipIf(!hasNative && process.env['CI'] !== 'true')(
  'knows that a client has left although its socket is not read',
  async () => {
    const server = net.createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('a TCP server has an address');
    const accepted = once(server, 'connection');
    const client = net.connect(address.port, '127.0.0.1');
    const [socket]: net.Socket[] = await accepted;
    if (socket === undefined) throw new Error('the server has accepted');
    const isConnected = stillConnectedOf(socket);
    client.write('unread');
    expect(isConnected()).toBe(true);
    client.destroy();
    await once(client, 'close');
    await expect.poll(isConnected).toBe(false);
    socket.destroy();
    expect(isConnected()).toBe(false);
    server.close();
  },
);
