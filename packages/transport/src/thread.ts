import { parentPort, type Worker } from 'node:worker_threads';

/** The message that asks a thread to leave. */
export const LEAVE = 'leave';
/** A thread that stands in one long call is ended all the same. */
const GRACE_MS = 2000;

/**
 * Ends a thread of lanes; resolves when it has ended. It is asked to leave and does so between two calls:
 * `terminate` also ends it within a native call, and an addon that then cannot throw ends the whole process
 * (koffi: "FATAL ERROR: Error::ThrowAsJavaScriptException napi_throw").
 */
export async function endThread(worker: Worker): Promise<void> {
  // -1: it has ended already, and will not say so again.
  if (worker.threadId === -1) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => {
      worker.terminate().catch(() => undefined);
    }, GRACE_MS);
    worker.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    worker.postMessage(LEAVE);
  });
}

/** In the thread: leaves when it is asked to. Keeps the thread until then. */
export function leaveWhenAsked(): void {
  parentPort?.on('message', (message: unknown) => {
    if (message === LEAVE) process.exit(0);
  });
}

/** In the thread: the first message that is no request to leave, which ThreadStock.take sends. */
export function startedWith<T>(): Promise<T> {
  return new Promise((resolve) => {
    const listen = (message: T | typeof LEAVE) => {
      if (message === LEAVE) return;
      parentPort?.off('message', listen);
      resolve(message);
    };
    parentPort?.on('message', listen);
  });
}
