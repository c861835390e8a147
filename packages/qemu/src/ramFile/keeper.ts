/**
 * Holds the memory's file open for an agent: `node keeper.js FILE SOCKET`. Asked on the socket with a line, it answers with one.
 *
 * Why a program of its own:
 * - The file may be opened once only, before QEMU is started. The kernel throws away what it has of a FUSE file whenever that is opened
 *   (fuse_finish_open without FOPEN_KEEP_CACHE), so QEMU would read all of its memory again.
 * - No agent may hold it. The file's server asks the agent, over NBD, and whoever closes the file waits for its server: an agent that
 *   is killed could not end before the server gave up on it, and one that starts a program (whose copy of the descriptor is closed
 *   at its start) would wait for itself.
 */
import { open } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { problemOf } from '@godwit/errors';
import { QEMU_BOUNDS } from '../bounds.js';

const [path = '', socketPath = ''] = process.argv.slice(2);
const file = await open(path, 'r+');

async function warmed(): Promise<string> {
  const buffer = Buffer.alloc(QEMU_BOUNDS.warmBytes);
  for (let offset = 0; ; ) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
    if (bytesRead === 0) return 'ok';
    offset += bytesRead;
  }
}

async function answer(request: string): Promise<string> {
  try {
    if (request === 'warm') return await warmed();
    if (request === 'size') return `ok ${(await file.stat()).size}`;
    if (request === 'collect') await file.sync();
    else return `no "${request.slice(0, 20)}" is known`;
    return 'ok';
  } catch (error) {
    return problemOf(error);
  }
}

function serve(socket: Socket): void {
  let request = '';
  socket.on('error', () => socket.destroy());
  socket.on('data', (part: Buffer) => {
    request += part.toString('latin1');
    if (request.length > QEMU_BOUNDS.keeperLineBytes) socket.destroy();
    else if (request.endsWith('\n')) void answer(request.trim()).then((line) => socket.end(`${line}\n`));
  });
}

process.umask(0o077);
createServer(serve).listen(socketPath);
