import { connect, createServer, type Server, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeDestination } from '../fakes/fakeDestination.js';
import { FakeSource } from '../fakes/fakeSource.js';
import { SeededRandom } from '../oracle/seededRandom.js';
import { until } from './condition.js';
import { DelayProxy, type DelayProxyOptions } from './delayProxy.js';

const MEBIBYTE = 1024 * 1024;
const CONTENT = Buffer.alloc(24 * MEBIBYTE + 5);
new SeededRandom(3).fill(CONTENT);

async function serving(onConnection: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer({ allowHalfOpen: true }, onConnection);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function proxyTo(targetPort: number, options: Omit<DelayProxyOptions, 'targetPort'>): Promise<DelayProxy> {
  const proxy = await DelayProxy.listen({ ...options, targetPort });
  onTestFinished(() => proxy.close());
  return proxy;
}

/** All that is read until the other side has ended. */
async function readAll(socket: Socket): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of socket) if (Buffer.isBuffer(part)) parts.push(part);
  return Buffer.concat(parts);
}

describe('the delay proxy', () => {
  it('carries both ways at once without losing order or a byte, and the end of each way alone', async () => {
    const port = await serving((socket) => socket.pipe(socket));
    const proxy = await proxyTo(port, { delayMs: 2 });
    const client = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true });
    client.end(CONTENT);
    expect((await readAll(client)).equals(CONTENT)).toBe(true);
    expect(proxy.connections).toBe(1);
    await until('the counts', () => proxy.passedBytes.toSource === CONTENT.length);
    expect(proxy.passedBytes.toDestination).toBe(CONTENT.length);
  });

  it('carries several connections over one wire', async () => {
    const destination = new FakeDestination(2);
    const proxy = await proxyTo(await destination.listen(), { delayMs: 1, rateBytesPerSec: 100e6 });
    onTestFinished(() => destination.close());
    const image = CONTENT.subarray(0, 3 * MEBIBYTE);
    const end = await new FakeSource('disk', image, 2).moveTo(proxy.port);
    end.close();
    expect(destination.images[0]?.equals(image)).toBe(true);
    expect(proxy.connections).toBe(2);
  });

  it('holds its sender up when nobody reads, with no more than its buffers inside', async () => {
    const held: Socket[] = [];
    const port = await serving((socket) => held.push(socket.pause()));
    const proxy = await proxyTo(port, { delayMs: 1, rateBytesPerSec: 1e9, queueBytes: MEBIBYTE });
    const client = connect({ port: proxy.port, host: '127.0.0.1' });
    const huge = Array.from({ length: 8 }, () => CONTENT);
    for (const part of huge) client.write(part);
    const all = CONTENT.length * huge.length;
    // Whatever the kernel's buffers take, it ends: neither of two readings far apart sees more, and not all has gone.
    let before = -1;
    await until('nothing to move any more', async () => {
      const now = proxy.passedBytes.toDestination;
      const isStill = now === before && now > 0;
      before = now;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return isStill;
    });
    expect(before).toBeLessThan(all / 2);
    const reading = readAll(held[0] ?? client);
    client.end();
    expect((await reading).length).toBe(all);
  });

  it('passes a reset on', async () => {
    const port = await serving((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const proxy = await proxyTo(port, { delayMs: 1 });
    const client = connect({ port: proxy.port, host: '127.0.0.1' });
    const ended = new Promise<string>((resolve) => {
      client.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''));
      client.once('end', () => resolve('end'));
    });
    client.write('hello');
    expect(await ended).toBe('ECONNRESET');
  });
});
