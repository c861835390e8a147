import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below the range that Linux gives to outgoing connections (from 32768): none of those can take it meanwhile. */
const LOWEST = 12_000;
const HIGHEST = 32_000;
const TRIES = 50;

/** To somebody of this process. */
const given = new Set<number>();

/** A port of the loopback that was free a moment ago and is not handed out by the kernel. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < TRIES; tried++) {
    const port = randomInt(LOWEST, HIGHEST);
    // Two that are asked for at once might be the same: nobody listens yet.
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
  throw new Error('no free port found');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
