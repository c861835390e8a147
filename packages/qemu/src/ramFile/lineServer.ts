import { createServer, type Socket } from 'node:net';
import { problemOf } from '@godwit/errors';
import { QEMU_BOUNDS } from '../bounds.js';

/** Answers an `ok` with what belongs to it; what it throws is answered as it reads. */
export type LineAnswer = (request: string) => Promise<string> | string;

/** Answers whoever connects and sends a line with one line, on a socket for this user alone; see askLine.ts. */
export function serveLines(socketPath: string, answer: LineAnswer): void {
  process.umask(0o077);
  createServer((socket) => serve(socket, answer)).listen(socketPath);
}

function serve(socket: Socket, answer: LineAnswer): void {
  let request = '';
  socket.on('error', () => socket.destroy());
  socket.on('data', (part: Buffer) => {
    request += part.toString('latin1');
    if (request.length > QEMU_BOUNDS.ramRequestBytes) socket.destroy();
    else if (request.endsWith('\n')) void lineOf(request.trim(), answer).then((line) => socket.end(`${line}\n`));
  });
}

async function lineOf(request: string, answer: LineAnswer): Promise<string> {
  try {
    return `ok ${await answer(request)}`;
  } catch (error) {
    return problemOf(error);
  }
}

export function unknownRequest(request: string): Error {
  return new Error(`no "${request.slice(0, 20)}" is known`);
}
