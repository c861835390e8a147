import { connect } from 'node:net';
import { QEMU_BOUNDS } from '../bounds.js';

/** What a program of a memory's file answers to a line (lineServer.ts): what stands behind its ok. Anything else it says is thrown, as an Error. */
export function askLine(socketPath: string, request: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    let text = '';
    const end = (problem: string) => {
      clearTimeout(timer);
      socket.destroy();
      if (problem === '') resolve(text.trim().slice('ok'.length).trim());
      else reject(new Error(problem));
    };
    const timer = setTimeout(() => end(`no answer to ${request.slice(0, 20)} within ${timeoutMs} ms`), timeoutMs);
    socket.on('error', (error) => end(error.message));
    socket.on('data', (part: Buffer) => {
      text += part.toString('utf8');
      if (text.length > QEMU_BOUNDS.ramAnswerBytes) end('the answer is too long');
      else if (text.endsWith('\n')) end(/^ok\b/.test(text) ? '' : text.trim());
    });
    socket.on('close', () => end('the program has ended'));
    socket.write(`${request}\n`);
  });
}
