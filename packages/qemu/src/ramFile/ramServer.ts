/**
 * Serves a guest's memory as a file: `node ramServer.js FILE IMAGE NBD_SOCKET EXPORT SIZE CONTROL_SOCKET`. What is read of FILE is read from
 * IMAGE; what is written goes to the export, where an agent takes note of it. Goes on without the agent: writes wait until it is there again.
 *
 * On the control socket: `store OFFSET+LENGTH ...` puts these ranges of the image into the page cache of FILE.
 */

import { problemOf } from '@godwit/errors';
import { FuseFile } from '@godwit/fuse';
import { ExportWriter } from './exportWriter.js';
import { serveLines, unknownRequest } from './lineServer.js';
import { parseRanges } from './ranges.js';

const [mountPoint = '', imagePath = '', nbdSocket = '', exportName = '', sizeText = '', control = ''] =
  process.argv.slice(2);

function say(words: string): void {
  process.stderr.write(`${words}\n`);
}

async function serve(): Promise<void> {
  const size = Number(sizeText);
  const writer = await ExportWriter.connect({ path: nbdSocket }, exportName, say);
  const exportSize = await writer.size();
  if (exportSize !== size) throw new Error(`it has ${exportSize} bytes, and should have ${size}`);
  const file = await FuseFile.mount({
    mountPoint,
    imagePath,
    size,
    write: (offset, bytes) => writer.write(offset, bytes),
    flush: () => writer.flush(),
    onTrouble: say,
  });
  serveLines(control, (request) => {
    const [word, ...ranges] = request.split(' ');
    if (word !== 'store') throw unknownRequest(request);
    for (const { offset, length } of parseRanges(ranges)) file.store(offset, length);
    return '';
  });
  await file.ended;
}

/** Whoever exits waits for its threads, and one of them waits for the kernel. */
function end(error?: unknown): void {
  if (error !== undefined) say(problemOf(error));
  process.kill(process.pid, 'SIGKILL');
}

process.on('uncaughtException', end);
serve().then(() => end(), end);
