import { once } from 'node:events';
import net from 'node:net';
import { NamelessFile } from '@godwit/image';
import { PROTOCOL_VERSION } from '@godwit/protocol';
import { type HeldDescriptor, heldDescriptorOf, PolledSocket } from '@godwit/transport';
import { LanePhase } from './laneMessages.js';
import { openLane } from './openLane.js';
import { PretendedSource, REHEARSED_BLOCK_BYTES, REHEARSED_BYTES } from './pretendedSource.js';

/**
 * Code that has met one session alone is thrown away at the next: what it calls is then another's. Cycles after
 * which another made a first move no cheaper (ARCHITECTURE.md, "Threads and compiled code").
 */
const SESSIONS = 3;
const CYCLES = 4;

/** Cycles of a whole rehearsal. */
export const REHEARSED_CYCLES = SESSIONS * CYCLES;

/**
 * Walks the whole path of a lane, into an image and from a source of its own, so that the first migration finds its
 * code compiled (ARCHITECTURE.md, "Threads and compiled code"). Ends within a cycle once `signal` is aborted. Resolves
 * with the cycles that were done: none where descriptors of sockets cannot be had, for then lanes are not in threads.
 */
export async function rehearse(signal: AbortSignal): Promise<number> {
  const file = NamelessFile.create(REHEARSED_BYTES);
  const server = net.createServer({ pauseOnConnect: true });
  try {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    let cycles = 0;
    for (let session = 0; session < SESSIONS && !signal.aborted; session++) {
      cycles += await rehearseSession(server, file.path, signal);
    }
    return cycles;
  } finally {
    server.close();
    file.close();
  }
}

async function rehearseSession(server: net.Server, path: string, signal: AbortSignal): Promise<number> {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const dialled = net.connect(address.port, '127.0.0.1');
  dialled.on('error', () => dialled.destroy());
  const abort = () => dialled.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    const accepted = await acceptFrom(server, dialled);
    const held = heldDescriptorOf(accepted);
    accepted.destroy();
    return held === undefined ? 0 : await driveLane(held, path, dialled, signal);
  } finally {
    signal.removeEventListener('abort', abort);
    dialled.destroy();
  }
}

/** The other end of `dialled`. Whoever else found the port is hung up on. */
function acceptFrom(server: net.Server, dialled: net.Socket): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    server.removeAllListeners('connection');
    server.removeAllListeners('error');
    server.on('error', reject);
    server.on('connection', (socket) => {
      socket.on('error', () => socket.destroy());
      if (socket.remotePort === dialled.localPort) resolve(socket);
      else socket.destroy();
    });
    dialled.once('close', () => reject(new Error('the connection was closed')));
  });
}

async function driveLane(
  held: HeldDescriptor,
  path: string,
  dialled: net.Socket,
  signal: AbortSignal,
): Promise<number> {
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
    const take = (options: ConstructorParameters<typeof PolledSocket>[1]) => new PolledSocket(held.fd, options, 0);
    socket = await openLane(start, take, () => dialled.destroy());
    const ended = socket.serve().then(() => {
      throw new Error('the lane ended');
    });
    ended.catch(() => undefined);
    const source = await PretendedSource.on(dialled);
    let cycles = 0;
    for (; cycles < CYCLES && !signal.aborted; cycles++) await Promise.race([source.cycle(), ended]);
    return cycles;
  } finally {
    socket?.destroy();
    held.release();
    process.off('exit', onExit);
  }
}
