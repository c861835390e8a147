import { parentPort, type Worker } from 'node:worker_threads';
import { REHEARSES } from './rehearsal.js';
import { endThread, LEAVE, leaveWhenAsked } from './thread.js';

/** Asks a thread to let go of what it works on, and its answer. */
const REST = 'rest';
const RESTING = { type: 'resting' } as const;
/** A thread that stands in one long call is ended. */
const GRACE_MS = 2000;

/** A thread that was started because somebody waits for it has its order by then, and rehearses nothing. */
const ORDERED_WITHIN_MS = 50;
/** One that takes longer stands somewhere. */
const REHEARSAL_MS = 10_000;

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
 * @param rehearse walks the path of a session while there is no owner yet, until its signal is aborted, and soon ends
 *   then: code that has run is faster. Best effort: what goes wrong in it goes wrong louder when it matters.
 */
export function serveSessions<T, M>(
  begin: (start: T) => Promise<ThreadSession<M> | undefined>,
  rehearse?: (signal: AbortSignal) => Promise<unknown>,
): void {
  if (parentPort === null) throw new Error('not in a thread');
  const port = parentPort;
  let session: Promise<ThreadSession<M> | undefined> = Promise.resolve(undefined);
  const rehearsal = new Rehearsal(REHEARSES ? rehearse : undefined);
  const onStart = (start: T) => {
    const rehearsed = rehearsal.end();
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

/** The rehearsal of a thread that nobody waits for. */
class Rehearsal {
  readonly #abort = new AbortController();
  readonly #timer: NodeJS.Timeout | undefined;
  #running: Promise<unknown> | undefined;

  constructor(rehearse: ((signal: AbortSignal) => Promise<unknown>) | undefined) {
    if (rehearse === undefined) return;
    this.#timer = setTimeout(() => {
      const signal = AbortSignal.any([this.#abort.signal, AbortSignal.timeout(REHEARSAL_MS)]);
      this.#running = rehearse(signal).catch(() => undefined);
    }, ORDERED_WITHIN_MS);
  }

  /** What has to be waited for. Undefined: nothing, it has not begun. */
  end(): Promise<unknown> | undefined {
    clearTimeout(this.#timer);
    this.#abort.abort();
    return this.#running;
  }
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
