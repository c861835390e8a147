/**
 * Holds the memory's file open for an agent: `node keeper.js FILE SOCKET`. Asked on the socket with a line, it answers with one.
 *
 * Why a program of its own: whoever waits for the file waits for its server, and cannot be ended before that answers. The agent must not, for
 * the server asks it, over NBD, and an agent that is killed could not end; nor may the server, which would wait for itself.
 */
import { open } from 'node:fs/promises';
import { serveLines, unknownRequest } from './lineServer.js';

const [path = '', socketPath = ''] = process.argv.slice(2);
const file = await open(path, 'r+');

serveLines(socketPath, async (request) => {
  if (request === 'size') return String((await file.stat()).size);
  if (request !== 'collect') throw unknownRequest(request);
  await file.sync();
  return '';
});
