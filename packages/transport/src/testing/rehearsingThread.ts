import { BroadcastChannel, parentPort } from 'node:worker_threads';
import { serveSessions } from '../threadSession.js';
import { REHEARSALS } from './rehearsals.js';

/** Rehearses until it is asked to begin, then fails; says in which order things happen. */
async function rehearse(signal: AbortSignal): Promise<void> {
  const channel = new BroadcastChannel(REHEARSALS);
  channel.postMessage('begins');
  channel.close();
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  parentPort?.postMessage('rehearsal ends');
  throw new Error('nobody is to hear of this');
}

serveSessions(async (name: string) => {
  parentPort?.postMessage(`${name} begins`);
  return { receive: () => undefined, end: () => true };
}, rehearse);
