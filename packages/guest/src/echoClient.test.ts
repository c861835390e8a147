import { createServer } from 'node:net';
import { expect, it } from 'vitest';
import { EchoClient } from './echoClient.js';

it('counts answers, and says when nobody is there', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  const client = await EchoClient.connect(address.port);
  expect(client.stop()).toMatchObject({ failure: undefined, answered: expect.toSatisfy((count: number) => count > 0) });
  await new Promise<void>((resolve) => server.close(() => resolve()));
  await expect(EchoClient.connect(address.port)).rejects.toThrow(`echo server at 127.0.0.1:${address.port}: `);
});
