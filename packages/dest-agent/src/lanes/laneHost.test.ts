import { once } from 'node:events';
import { closeSync, readdirSync, readlinkSync, truncateSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import type { GodwitError } from '@godwit/errors';
import { duplicate, hasNative, receiveSome } from '@godwit/native';
import { encodeFrame } from '@godwit/protocol';
import type { Greeted } from '@godwit/transport';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { scratchFolder } from '../testing/scratchFolder.js';
import { LANE_THREADS, LaneHost } from './laneHost.js';
import { LanePhase, type LaneStart } from './laneMessages.js';

const folder = scratchFolder();
const path = join(folder, 'disk.img');
const server = net.createServer({ pauseOnConnect: true });
let port = 0;

beforeAll(async () => {
  writeFileSync(path, '');
  truncateSync(path, 4096);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
afterAll(() => {
  server.close();
});

async function connection(): Promise<{ source: net.Socket; greeted: Greeted }> {
  const source = net.connect(port, '127.0.0.1');
  source.on('error', () => source.destroy());
  const [socket]: net.Socket[] = await once(server, 'connection');
  if (socket === undefined) throw new Error('no connection');
  socket.on('error', () => socket.destroy());
  const hello = { agentVersion: '', token: '', migrationId: 'm', sessionKey: 'k', lane: 0, heartbeatMs: 0 };
  return { source, greeted: { socket, role: 'lane', version: 2, hello } };
}

function startOf(lane: number, file = path): LaneStart {
  const phase = new SharedArrayBuffer(4);
  new Int32Array(phase)[0] = LanePhase.receiving;
  const files = [path, file].map((name) => ({ path: name, size: 4096, blockBytes: 4096 }));
  return { lane, version: 2, agentVersion: 'test', files, phase };
}

/** The links of this process's descriptors that say what `kind` matches. */
function descriptors(kind: RegExp): string[] {
  const links = readdirSync('/proc/self/fd').map(linkOf);
  return links.filter((link) => kind.test(link)).sort();
}

function hideDescriptor(socket: net.Socket): void {
  const handle: unknown = Reflect.get(socket, '_handle');
  if (typeof handle === 'object' && handle !== null) Reflect.defineProperty(handle, 'fd', { value: -1 });
}

function linkOf(fd: number | string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}

/** The number of a socket's descriptor. */
function numberOf(socket: net.Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle');
  return Number(typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : -1);
}

/** Another descriptor of the same connection as the one with this number had. */
function duplicateOf(number: number, link: string): number {
  const numbers = readdirSync('/proc/self/fd').map(Number);
  return numbers.find((other) => other !== number && linkOf(other) === link) ?? -1;
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 15_000;
  while (!holds()) {
    if (performance.now() > deadlineMs) throw new Error(`never came: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

async function attachAll(host: LaneHost, starts: readonly LaneStart[]): Promise<net.Socket[]> {
  const sources: net.Socket[] = [];
  for (const start of starts) {
    const { source, greeted } = await connection();
    source.resume();
    host.attach(greeted, start);
    sources.push(source);
  }
  return sources;
}

describe.runIf(process.platform === 'linux')('the lanes of a destination', () => {
  it('leave no descriptor, whenever they are ended', async () => {
    const before = descriptors(/^socket:/);
    // From before the threads have started until they have adopted their connections.
    for (let round = 0; round < 12; round++) {
      const host = new LaneHost(() => undefined);
      const sources = await attachAll(host, [startOf(0), startOf(1), startOf(2)]);
      await new Promise((resolve) => setTimeout(resolve, round * 12));
      await host.close();
      await until('the end of every connection', () => sources.every((source) => source.destroyed));
    }
    await until('no descriptor more', () => descriptors(/^socket:/).length <= before.length);
  });

  it.each([['in a thread', true] as const, ['in the main thread', false] as const])(
    'leave no descriptor when they cannot be opened (%s)',
    async (_, inThread) => {
      if (inThread && !hasNative) return;
      const before = descriptors(/^socket:|disk\.img/).length;
      const lost: GodwitError[] = [];
      const host = new LaneHost((error) => lost.push(error));
      const { source, greeted } = await connection();
      source.resume();
      // Without a descriptor to be had, the lane runs here.
      if (!inThread) hideDescriptor(greeted.socket);
      host.attach(greeted, startOf(0, join(folder, 'missing.img')));
      await until('the loss and the end', () => lost.length > 0 && source.destroyed);
      expect(lost).toMatchObject([{ code: 'E_NO_FILE' }]);
      await host.close();
      await until('no descriptor more', () => descriptors(/^socket:|disk\.img/).length <= before);
    },
  );

  it.runIf(hasNative)('touch a connection no more once they are closed, also when they could not begin', async () => {
    LANE_THREADS.keep();
    const lost: GodwitError[] = [];
    const host = new LaneHost((error) => lost.push(error));
    const { source, greeted } = await connection();
    // It neither reads why nor ends its side.
    source.pause();
    const own = numberOf(greeted.socket);
    const link = linkOf(own);
    host.attach(greeted, startOf(0, join(folder, 'missing.img')));
    const number = duplicateOf(own, link);
    await until('the loss', () => lost.length > 0);
    const other = await connection();
    await new Promise((resolve) => other.source.write('not for a lane', resolve));
    const fd = numberOf(other.greeted.socket);
    await host.close();
    const copies = [duplicate(fd) ?? -1];
    while ((copies.at(-1) ?? number) < number) copies.push(duplicate(fd) ?? number);
    expect(copies.at(-1)).toBe(number);

    // All threads that are kept: each has had turns.
    const next = new LaneHost(() => undefined);
    const sources = await attachAll(next, [startOf(0), startOf(1), startOf(2)]);
    await until('each HelloAck', () => sources.every((each) => each.bytesRead > 0));
    expect(receiveSome(number, Buffer.alloc(100))).toBe('not for a lane'.length);
    for (const copy of copies) closeSync(copy);
    for (const each of [source, other.source, other.greeted.socket, ...sources]) each.destroy();
    await next.close();
    await LANE_THREADS.drop();
  });

  it('are lost when the source goes, and take what it sends until then', async () => {
    const lost: GodwitError[] = [];
    const host = new LaneHost((error) => lost.push(error));
    const [source] = await attachAll(host, [startOf(0)]);
    if (source === undefined) throw new Error('no lane');
    let bytes = 0;
    source.on('data', (chunk) => (bytes += chunk.length));
    await until('the HelloAck', () => bytes > 0);
    const greeted = bytes;
    source.write(encodeFrame('Zero', { seq: 1, round: 1, image: 0, offset: 0, length: 4096 }));
    await until('the Ack', () => bytes > greeted);
    source.destroy();
    await until('the loss', () => lost.length > 0);
    expect(lost[0]).toMatchObject({ code: 'E_LANE_LOST', parameters: { problem: 'the source closed it' } });
    await host.close();
  });
});
