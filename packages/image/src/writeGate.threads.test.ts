import type { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import type { GateWork } from './testing/gateWriter.js';
import { nextMessage, startThread, turnOfTheLoop } from './testing/threads.js';
import { GateState, WriteGate } from './writeGate.js';

const MODULE = new URL('./testing/gateWriter.js', import.meta.url);
const WRITERS = 3;

const threads: Worker[] = [];
async function start(work: GateWork): Promise<Worker> {
  const thread = await startThread(MODULE, work);
  threads.push(thread);
  return thread;
}
afterEach(async () => {
  await Promise.all(threads.splice(0).map((thread) => thread.terminate()));
});

/** A thread that does one thing a message. */
async function obedient(gate: WriteGate): Promise<(order: string) => Promise<unknown>> {
  const steps = new SharedArrayBuffer(4);
  const thread = await start({ gate: gate.buffer, steps, writer: 0, writers: 0, seed: 0 });
  return (order) => {
    const answer = nextMessage(thread);
    thread.postMessage(order);
    return answer;
  };
}

describe('the write gate between threads', () => {
  it('wakes whoever waits here when the last writer leaves there', async () => {
    const gate = WriteGate.create();
    const order = await obedient(gate);
    for (let i = 0; i < 20; i++) {
      expect(await order('enter')).toEqual(['enter', GateState.open, expect.any(Number)]);
      if (i % 2 === 0) gate.close();
      let done = false;
      const waiting = (i % 2 === 0 ? gate.drained() : gate.quiesce()).then(() => (done = true));
      await turnOfTheLoop();
      expect(done).toBe(false);
      await Promise.all([waiting, order('leave')]);
      gate.open();
    }
  });

  it('wakes a writer that waits there when it is opened, refused or moved here', async () => {
    const gate = WriteGate.create();
    const order = await obedient(gate);
    for (const state of ['open', 'refuse', 'move'] as const) {
      gate.close();
      expect(await order('wait')).toBe('waiting');
      const [thread] = threads;
      if (thread === undefined) throw new Error('no thread');
      const woken = nextMessage(thread);
      gate[state]();
      expect(await woken).toEqual(['wait', gate.state, -1]);
    }
  });

  it('lets nobody in while it is closed, and everybody out who quiesce waits for', async () => {
    const gate = WriteGate.create();
    const steps = new Int32Array(new SharedArrayBuffer((WRITERS + 1) * 4));
    const work = { gate: gate.buffer, steps: steps.buffer, writers: WRITERS };
    const started = Array.from({ length: WRITERS }, (_, writer) => start({ ...work, writer, seed: writer + 1 }));
    const writers = await Promise.all(started);
    const now = () => Array.from({ length: WRITERS }, (_, writer) => Atomics.load(steps, writer));
    for (let i = 0; i < 5000; i++) {
      const before = now();
      await gate.quiesce();
      const after = now();
      // Odd is inside: such a writer must have gone on since.
      for (const [writer, step] of before.entries()) if (step % 2 === 1) expect(after[writer]).not.toBe(step);
      gate.close();
      await gate.drained();
      const still = now();
      expect(still.map((step) => step % 2)).toEqual([0, 0, 0]);
      if (i % 64 === 0) await turnOfTheLoop();
      expect(now()).toEqual(still);
      gate.open();
    }
    const ended = Promise.all(writers.map(nextMessage));
    Atomics.store(steps, WRITERS, 1);
    await ended;
    expect(Math.min(...now())).toBeGreaterThan(0);
  });
});
