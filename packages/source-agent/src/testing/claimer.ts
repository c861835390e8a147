/** A thread that claims from a work list until it is empty; started by the tests of workList. */
import { parentPort, workerData } from 'node:worker_threads';
import { WorkList } from '../rounds/workList.js';

const { buffer, start }: { buffer: SharedArrayBuffer; start: SharedArrayBuffer } = workerData;
const list = new WorkList(buffer);
const claimed: number[] = [];
// All threads begin at once, so that they do get in each other's way.
const barrier = new Int32Array(start);
parentPort?.postMessage('ready');
Atomics.wait(barrier, 0, 0);
for (let item = list.claim(); item !== undefined; item = list.claim()) claimed.push(item.firstRegion);
// A lane that looks again after the end finds nothing either.
for (let again = 0; again < 100; again++) if (list.claim() !== undefined) claimed.push(-1);
parentPort?.postMessage(claimed);
