import { parentPort, type Worker } from 'node:worker_threads';
import { endThread, LEAVE, leaveWhenAsked } from './thread.js';

/** Asks a thread to let go of what it works on, and its answer. */
const REST = 'rest';
const RESTING = { type: 'resting' } as const;
/** A thread that stands in one long call is ended. */
const GRACE_MS = 2000;

/** Off where a second of processor time at each agent's start is too much: in tests that start hundreds. */
const REHEARSES = process.env['GODWIT_NO_REHEARSAL'] !== '1';

/** What a thread does for one owner, who sends it messages of the form M. */
export interface ThreadSession<M> {
  receive(message: M): void;
  /** Lets go of everything; nothing of it runs on. False: this thread cannot be sure of that, and is to end. */
  end(): boolean;
}

/**
 * In the thread: serves one owner after the other, each from its first message (ThreadStock.take) until it asks for
 * rest. `begin` tells its owner itself when it could not begin (undefined); the thread then waits to be let go.
 *
 * @param rehearse walks the path of a session while there is no owner yet, as long as `isSpare` says so: code that has
 *   run is faster. Best effort: what goes wrong in it goes wrong louder when it matters.
 */
export function serveSessions<T, M>(
  begin: (start: T) => Promise<ThreadSession<M> | undefined>,
  rehearse?: (isSpare: () => boolean) => Promise<void>,
): void {
  if (parentPort === null) throw new Error('not in a thread');
  const port = parentPort;
  let session: Promise<ThreadSession<M> | undefined> = Promise.resolve(undefined);
  let isSpare = true;
  const rehearsed = REHEARSES ? rehearse?.(() => isSpare).catch(() => undefined) : undefined;
  const onStart = (start: T) => {
    isSpare = false;
    session = rehearsed === undefined ? begin(start) : rehearsed.then(() => begin(start));
    port.off('message', onStart);
    port.on('message', onMessage);
  };
  const onMessage = (message: M | typeof REST | typeof LEAVE) => {
    if (message === LEAVE) return;
    if (message === REST) void rest();
    else void session.then((begun) => begun?.receive(message));
  };
  const rest = async () => {
    port.off('message', onMessage);
    if ((await session)?.end() === false) process.exit(0);
    port.on('message', onStart);
    port.postMessage(RESTING);
  };
  leaveWhenAsked();
  port.on('message', onStart);
}

/** Resolves true when the thread has let go and may be used again, false when it has ended instead. */
export async function askToRest(worker: Worker): Promise<boolean> {
  if (worker.threadId === -1) return false;
  const rested = await new Promise<boolean>((resolve) => {
    const timer = setTimeout(() => resolve(false), GRACE_MS);
    const settle = (hasRested: boolean) => {
      clearTimeout(timer);
      resolve(hasRested);
    };
    worker.on('message', ({ type }: { readonly type?: unknown }) => {
      if (type === RESTING.type) settle(true);
    });
    worker.once('exit', () => settle(false));
    worker.postMessage(REST);
  });
  if (!rested) await endThread(worker);
  return rested;
}
