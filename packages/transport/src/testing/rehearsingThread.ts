import { parentPort } from 'node:worker_threads';
import { serveSessions } from '../threadSession.js';

/** Rehearses until it is asked to begin, then fails; says in which order things happen. */
async function rehearse(isSpare: () => boolean): Promise<void> {
  while (isSpare()) await new Promise((resolve) => setImmediate(resolve));
  parentPort?.postMessage('rehearsal ends');
  throw new Error('nobody is to hear of this');
}

serveSessions(async (name: string) => {
  parentPort?.postMessage(`${name} begins`);
  return { receive: () => undefined, end: () => true };
}, rehearse);
