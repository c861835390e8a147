/** Serves a file until its standard input ends: `node serveOnce.js FILE IMAGE SIZE`. What is written goes to the image. */
import { openSync, writeSync } from 'node:fs';
import { FuseFile } from '../fuseFile.js';

const [mountPoint = '', imagePath = '', size = ''] = process.argv.slice(2);
const image = openSync(imagePath, 'r+');
await FuseFile.mount({
  mountPoint,
  imagePath,
  size: Number(size),
  write: async (offset, bytes) => void writeSync(image, bytes, 0, bytes.length, offset),
  flush: async () => undefined,
  onTrouble: (problem) => process.stderr.write(`${problem}\n`),
});
process.stdout.write('mounted\n');
process.stdin.on('end', () => process.exit(0)).resume();
