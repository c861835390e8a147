import { parentPort, workerData } from 'node:worker_threads';
import { type BlockRange, ThreadImage } from '@godwit/image';
import { marked } from './allocated.js';
import { packed, type ScoutWork } from './scoutThread.js';

/** Thread that looks through one image and ends; called by scoutThread. What it throws is the thread's 'error'. */
async function look({ image, options }: ScoutWork): Promise<void> {
  // Opened to be written, which it never is: ThreadImage makes sure that it is the image's own file.
  const { maps, file } = ThreadImage.attach(image);
  const holes: BlockRange[] = [];
  for (const { hole } of marked({ maps, file, ...options })) if (hole !== undefined) holes.push(hole);
  await file.close();
  const pairs = packed(holes);
  parentPort?.postMessage(pairs, [pairs.buffer]);
}

const work: ScoutWork = workerData;
await look(work);
