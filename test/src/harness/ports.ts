import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';

/** Below the range that Linux gives to outgoing connections (from 32768): none of those can take it meanwhile. */
const LOWEST = 12_000;
const BLOCKS = 100;
const BLOCK_PORTS = 200;
const TRIES = 1000;

/**
 * Test files run in several processes, and a port that was found free is listened at only when its agent is up. So a
 * process takes a whole block, by listening at the block's first port as long as it lives.
 */
let block: Promise<{ readonly first: number; next: number }> | undefined;

/** A port of the loopback that was free a moment ago, is handed out by nobody else, and not by the kernel. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < TRIES; tried++) {
    block ??= takeBlock();
    const mine = await block;
    const port = mine.first + mine.next++;
    if (mine.next === BLOCK_PORTS) block = undefined;
    if (mine.next <= BLOCK_PORTS && (await isFree(port))) return port;
  }
  throw new Error('no free port found');
}

async function takeBlock(): Promise<{ first: number; next: number }> {
  for (let tried = 0; tried < TRIES; tried++) {
    const first = LOWEST + randomInt(BLOCKS) * BLOCK_PORTS;
    const lock = await listening(first);
    if (lock === undefined) continue;
    lock.unref();
    return { first, next: 1 };
  }
  throw new Error('no free block of ports found');
}

async function isFree(port: number): Promise<boolean> {
  const server = await listening(port);
  if (server === undefined) return false;
  await new Promise((resolve) => server.close(resolve));
  return true;
}

function listening(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(undefined));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
