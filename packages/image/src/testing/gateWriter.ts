import { parentPort, workerData } from 'node:worker_threads';
import { GateState, WriteGate } from '../writeGate.js';
import { randomFrom } from './random.js';
import { turnOfTheLoop } from './threads.js';

export interface GateWork {
  readonly gate: SharedArrayBuffer;
  /** One word a writer: odd while it is inside, one more at each step. The word behind them: set to end. */
  readonly steps: SharedArrayBuffer;
  readonly writer: number;
  readonly writers: number;
  readonly seed: number;
}

/** Goes in and out until it is told to end, as writers do: waits at a closed gate, inside for moments or turns of the loop. */
async function run(work: GateWork): Promise<void> {
  const gate = WriteGate.attach(work.gate);
  const steps = new Int32Array(work.steps);
  const random = randomFrom(work.seed);
  // Waiting at the gate alone does not keep a thread alive.
  parentPort?.on('message', () => undefined);
  parentPort?.postMessage('ready');
  while (Atomics.load(steps, work.writers) === 0) {
    const turn = gate.tryEnter();
    if (turn === -1) {
      await gate.changed(GateState.closed);
      continue;
    }
    Atomics.add(steps, work.writer, 1);
    for (let i = random(30); i > 0; i--) Atomics.load(steps, work.writers);
    if (random(500) === 0) await turnOfTheLoop();
    Atomics.add(steps, work.writer, 1);
    gate.leave(turn);
  }
  parentPort?.postMessage('ended');
}

/** Does one thing a message: enters, leaves, or answers once the gate is not closed. */
function obey(gate: WriteGate): void {
  let turn: 0 | 1 | -1 = -1;
  parentPort?.on('message', (order: 'enter' | 'leave' | 'wait') => {
    if (order === 'enter') turn = gate.tryEnter();
    if (order === 'leave' && turn !== -1) gate.leave(turn);
    const changed = order === 'wait' ? gate.changed(GateState.closed) : Promise.resolve();
    void changed.then(() => parentPort?.postMessage([order, gate.state, turn]));
    if (order === 'wait') parentPort?.postMessage('waiting');
  });
  parentPort?.postMessage('ready');
}

const work: GateWork = workerData;
if (work.writers === 0) obey(WriteGate.attach(work.gate));
else await run(work);
