import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PROTOCOL_VERSION } from '@godwit/protocol';
import { type HeldDescriptor, heldDescriptorOf, PolledSocket } from '@godwit/transport';
import { LanePhase } from './laneMessages.js';
import { openLane } from './openLane.js';
import { PretendedSource, REHEARSED_BLOCK_BYTES, REHEARSED_BYTES } from './pretendedSource.js';

/**
 * Code that has met one session alone is thrown away at the next: what it calls is then another's. Passes after
 * which another made a first move no cheaper (ARCHITECTURE.md, "Threads and compiled code").
 */
const SESSIONS = 3;
const CYCLES = 2;

/**
 * Walks the whole path of a lane, into an image and from a source of its own, so that the first migration finds its
 * code compiled (ARCHITECTURE.md, "Threads and compiled code").
 */
export async function rehearse(isSpare: () => boolean): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'godwit-rehearsal-'));
  const server = net.createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  try {
    await once(server, 'listening');
    const path = join(folder, 'image');
    const file = await open(path, 'w');
    await file.truncate(REHEARSED_BYTES);
    await file.close();
    for (let session = 0; session < SESSIONS && isSpare(); session++) await rehearseSession(server, path, isSpare);
  } finally {
    server.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function rehearseSession(server: net.Server, path: string, isSpare: () => boolean): Promise<void> {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const dialled = net.connect(address.port, '127.0.0.1');
  dialled.on('error', () => dialled.destroy());
  const accepted = await nextConnection(server, dialled);
  const held = heldDescriptorOf(accepted);
  accepted.destroy();
  // Without descriptors lanes are not in threads.
  if (held === undefined) return;
  await driveLane(held, path, dialled, isSpare);
}

async function nextConnection(server: net.Server, dialled: net.Socket): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    server.once('connection', resolve);
    dialled.once('close', () => reject(new Error('the connection was closed')));
  });
}

async function driveLane(
  held: HeldDescriptor,
  path: string,
  dialled: net.Socket,
  isSpare: () => boolean,
): Promise<void> {
  // The thread may be ended in the middle: a descriptor that a system call gave is closed by nobody else.
  const onExit = () => held.release();
  process.once('exit', onExit);
  let socket: PolledSocket | undefined;
  try {
    const start = {
      lane: 0,
      version: PROTOCOL_VERSION,
      agentVersion: 'rehearsal',
      files: [{ path, size: REHEARSED_BYTES, blockBytes: REHEARSED_BLOCK_BYTES }],
      phase: new SharedArrayBuffer(4),
    };
    Atomics.store(new Int32Array(start.phase), 0, LanePhase.receiving);
    // The source is in this thread: nothing comes while it stands in the kernel.
    const lane = await openLane(
      start,
      (options) => new PolledSocket(held.fd, options, 0),
      () => dialled.destroy(),
    );
    socket = lane;
    const served = lane.serve();
    const source = await PretendedSource.on(dialled);
    for (let cycle = 0; cycle < CYCLES && isSpare(); cycle++) await Promise.race([source.cycle(), served]);
  } finally {
    socket?.destroy();
    held.release();
    process.off('exit', onExit);
    dialled.destroy();
  }
}
