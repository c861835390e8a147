import { connect, createServer, type Server } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeDestination } from '../fakes/fakeDestination.js';
import { FakeSource } from '../fakes/fakeSource.js';
import { SeededRandom } from '../oracle/seededRandom.js';
import { until } from './condition.js';
import { FrameNumber } from './frameTap.js';
import { type ProxyOptions, TcpProxy } from './tcpProxy.js';

const IMAGE = Buffer.alloc(2 * 1024 * 1024 + 5);
new SeededRandom(3).fill(IMAGE);

interface Through {
  readonly proxy: TcpProxy;
  readonly destination: FakeDestination;
  readonly move: () => Promise<unknown>;
}

async function through(options: Omit<ProxyOptions, 'targetPort'>): Promise<Through> {
  const destination = new FakeDestination(2);
  const proxy = await TcpProxy.listen({ ...options, targetPort: await destination.listen() });
  onTestFinished(async () => {
    await proxy.close();
    await destination.close();
  });
  const move = (): Promise<unknown> => new FakeSource('disk', IMAGE, 2).moveTo(proxy.port).then((end) => end.close());
  return { proxy, destination, move };
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('the proxy', () => {
  it('passes everything on and counts it', async () => {
    const { proxy, destination, move } = await through({});
    await move();
    expect(destination.images[0]?.equals(IMAGE)).toBe(true);
    expect(proxy.connections).toBe(2);
    expect(proxy.passedBytes.toDestination).toBeGreaterThan(IMAGE.length);
    expect(proxy.passedBytes.toDestination).toBeLessThan(IMAGE.length * 1.01);
    expect(proxy.samples.at(-1)?.totalBytes).toBe(proxy.passedBytes.toDestination);
  });

  it('sees frames, and damages the one it is told to', async () => {
    const types = new Set<number>();
    let left = 1;
    const { destination, move } = await through({
      watch: ({ type, payload }) => {
        types.add(type);
        if (type === FrameNumber.Extent && left-- > 0) payload[9] = (payload[9] ?? 0) ^ 1;
        return 'pass';
      },
    });
    await move();
    expect(destination.complaints).toContain('a wrong hash');
    for (const name of ['Hello', 'Offer', 'Accept', 'Extent', 'Ack', 'RoundEnd'] as const) {
      expect(types).toContain(FrameNumber[name]);
    }
  });

  it('cuts at a frame', async () => {
    const { destination, move } = await through({
      watch: ({ type }) => (type === FrameNumber.Commit ? 'cut' : 'pass'),
    });
    await expect(move()).rejects.toThrow();
    expect(destination.taken).toBe(false);
  });

  it('passes nothing while it is stalled, and everything after', async () => {
    const { proxy, move, destination } = await through({});
    proxy.stall();
    const moving = move();
    await until('the connection to be there', () => proxy.connections === 1);
    expect(proxy.passedBytes.toDestination).toBe(0);
    proxy.resume();
    await moving;
    expect(destination.taken).toBe(true);
  });

  it('leaves no listener behind where it waits for a slow reader again and again', async () => {
    const warnings: string[] = [];
    const warned = ({ name }: Error): void => void warnings.push(name);
    process.on('warning', warned);
    onTestFinished(() => void process.off('warning', warned));
    let readBytes = 0;
    const reader = createServer((socket) => {
      socket.on('data', (part) => {
        readBytes += part.length;
        socket.pause();
        setTimeout(() => socket.resume(), 1);
      });
      // The proxy resets its connections when it is closed.
      socket.on('error', () => undefined);
    });
    const targetPort = await listening(reader);
    const proxy = await TcpProxy.listen({ targetPort });
    onTestFinished(() => proxy.close());
    const writer = connect(proxy.port, '127.0.0.1');
    for (let copy = 0; copy < 16; copy++) writer.write(IMAGE);
    await until('all to arrive', () => readBytes === 16 * IMAGE.length);
    writer.destroy();
    expect(warnings).toEqual([]);
  });

  it('holds a rate', async () => {
    const { proxy, move } = await through({ rateBytesPerSec: 4 * 1024 * 1024 });
    await move();
    const { samples } = proxy;
    const tookMs = (samples.at(-1)?.atMs ?? 0) - (samples[0]?.atMs ?? 0);
    expect(tookMs).toBeGreaterThan((1000 * IMAGE.length * 0.7) / (4 * 1024 * 1024));
  });
});
