import { parentPort } from 'node:worker_threads';
import { serveSessions, type ThreadSession } from '../threadSession.js';

/** What a session of this thread is to do; it tells its owner of each step. */
export interface SessionOrder {
  readonly name: string;
  /** `begin` returns when the first word is not 0. */
  readonly gate?: SharedArrayBuffer;
  readonly begin?: 'none' | 'throws' | 'hangs';
  readonly end?: 'unsure' | 'throws';
}

function say(text: string): void {
  parentPort?.postMessage(text);
}

function standStill(): never {
  for (;;) Math.random();
}

async function opened(gate: SharedArrayBuffer): Promise<void> {
  const word = new Int32Array(gate);
  while (Atomics.load(word, 0) === 0) await new Promise((resolve) => setImmediate(resolve));
}

async function begin({ name, gate, begin: how, end }: SessionOrder): Promise<ThreadSession<string> | undefined> {
  say(`${name} begins`);
  if (gate !== undefined) await opened(gate);
  if (how === 'throws') throw new Error('cannot begin');
  if (how === 'hangs') standStill();
  if (how === 'none') return undefined;
  return {
    receive: (message) => say(`${name} hears ${message}`),
    end: () => {
      say(`${name} ends`);
      if (end === 'throws') throw new Error('cannot end');
      return end !== 'unsure';
    },
  };
}

serveSessions(begin);
