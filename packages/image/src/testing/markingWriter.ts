import { parentPort, workerData } from 'node:worker_threads';
import { BlockMap } from '../blockMap.js';
import { randomFrom } from './random.js';

/** Arrays of one number a block, in shared memory. */
export interface MarkingWork {
  readonly blocks: number;
  readonly map: SharedArrayBuffer;
  /** What stands in a block: grows by one with each write of it. */
  readonly data: SharedArrayBuffer;
  /** The last value whose writer was told that it is safe. */
  readonly acknowledged: SharedArrayBuffer;
  /** Word 0: writers that have ended; word 1: set when they may begin. */
  readonly signals: SharedArrayBuffer;
  readonly writer: number;
  readonly writers: number;
  readonly writes: number;
  readonly seed: number;
}

/** A writer as engine.md 1.1 wants it: write, mark, acknowledge. Each has blocks of its own, in shared words. */
function run(work: MarkingWork): void {
  const map = BlockMap.attach(work.blocks, work.map);
  const data = new Int32Array(work.data);
  const acknowledged = new Int32Array(work.acknowledged);
  const signals = new Int32Array(work.signals);
  const random = randomFrom(work.seed);
  const own = Math.floor((work.blocks - work.writer - 1) / work.writers) + 1;
  parentPort?.postMessage('ready');
  Atomics.wait(signals, 1, 0);
  for (let i = 0; i < work.writes; i++) {
    const block = random(own) * work.writers + work.writer;
    const value = Atomics.load(data, block) + 1;
    Atomics.store(data, block, value);
    map.setRange(block, 1);
    Atomics.store(acknowledged, block, value);
  }
  Atomics.add(signals, 0, 1);
}

const work: MarkingWork = workerData;
run(work);
