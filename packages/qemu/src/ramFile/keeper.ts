/**
 * Holds the memory's file open for an agent: `node keeper.js FILE SOCKET`. Asked on the socket with a line, it answers with one.
 *
 * Why a program of its own: whoever waits for the file waits for its server, and cannot be ended before that answers. The agent must not, for
 * the server asks it, over NBD, and an agent that is killed could not end; nor may the server, which would wait for itself.
 */
import { open } from 'node:fs/promises';
import { writeBack } from '@godwit/native';
import { QEMU_BOUNDS } from '../bounds.js';
import { serveLines, unknownRequest } from './lineServer.js';

const [path = '', socketPath = ''] = process.argv.slice(2);
const file = await open(path, 'r+');

/** What of it is dirty by now, a piece after the other. */
async function step(): Promise<void> {
  const { size } = await file.stat();
  for (let offset = 0; offset < size; offset += QEMU_BOUNDS.collectStepBytes) {
    writeBack(file.fd, offset, Math.min(QEMU_BOUNDS.collectStepBytes, size - offset));
  }
}

/** What writing back failed with, if it did: the system tells it once, and calls the pages clean. */
let lost: Error | undefined;

serveLines(socketPath, async (request) => {
  if (request === 'size') return String((await file.stat()).size);
  const isInSteps = request === 'collect in steps';
  if (!isInSteps && request !== 'collect') throw unknownRequest(request);
  try {
    if (isInSteps) await step();
    await file.sync();
  } catch (error) {
    lost ??= error instanceof Error ? error : new Error(String(error));
  }
  if (lost !== undefined) throw lost;
  return '';
});
