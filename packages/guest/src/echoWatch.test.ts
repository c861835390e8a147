import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { EchoWatch } from './echoWatch.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** An echo server that can be ended with its connections, as a machine is that leaves. */
async function echo(port = 0): Promise<{ port: number; leave(): Promise<void> }> {
  const connections = new Set<Socket>();
  const server = createServer((socket) => {
    connections.add(socket);
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not listening');
  const leave = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of connections) socket.destroy();
    });
  return { port: address.port, leave };
}

async function answers(watch: EchoWatch, count: number): Promise<void> {
  await expect.poll(() => watch.answered, { timeout: 10_000, interval: 5 }).toBeGreaterThan(count);
}

it('follows the server to another port, and tells how long there was silence', async () => {
  const [here, there] = [await echo(), await echo()];
  await there.leave();
  const watch = EchoWatch.begin([here.port, there.port]);
  await answers(watch, 5);
  await here.leave();
  const leftAtMs = performance.now();
  watch.takeLongestGapMs();
  const count = watch.answered;
  await expect.poll(() => watch.takeLongestGapMs(), { interval: 5 }).toBeGreaterThan(40);
  await echo(there.port);
  await answers(watch, count + 5);
  expect(watch.takeLongestGapMs()).toBeLessThanOrEqual(performance.now() - leftAtMs);
  watch.stop();
});
