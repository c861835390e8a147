import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** Starts a module of this folder as a thread; its first message, "ready", has come when this resolves. */
export async function startThread(module: URL, workerData: unknown): Promise<Worker> {
  const worker = new Worker(module, { workerData });
  await once(worker, 'message');
  return worker;
}

/** The thread's next message; rejects when the thread fails. */
export async function nextMessage(worker: Worker): Promise<unknown> {
  const [message]: unknown[] = await once(worker, 'message');
  return message;
}

/** Gives messages and promises of the thread that runs the test their turn. */
export function turnOfTheLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Turns the loop until `holds`; a condition that never comes ends as the test's own timeout does. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + 20_000;
  while (!holds()) {
    if (performance.now() > deadlineMs) throw new Error(`never came: ${what}`);
    await turnOfTheLoop();
  }
}
