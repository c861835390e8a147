import { parentPort, workerData } from 'node:worker_threads';
import type { ImageHandle } from '../imageMaps.js';
import { LiveImage } from '../liveImage.js';
import { randomFrom } from './random.js';

/** Writes, zeroes and discards at random places of an image, as a workload in a thread of its own, until told to end. */
export interface ImageWork {
  readonly handle: ImageHandle;
  readonly seed: number;
  /** Word 0: changes made by all writers; word 1: set to end. */
  readonly signals: SharedArrayBuffer;
}

async function change(image: LiveImage, random: (bound: number) => number): Promise<void> {
  const offset = random(image.size);
  const length = 1 + random(Math.min(image.size - offset, 3 * image.blockBytes));
  const kind = random(6);
  if (kind === 0) await image.writeZeroes(offset, length);
  else if (kind === 1) await image.discard(offset, length);
  else await image.write(offset, Buffer.alloc(length, 1 + random(255)));
}

async function run({ handle, seed, signals }: ImageWork): Promise<void> {
  const image = LiveImage.attach(handle);
  const words = new Int32Array(signals);
  const random = randomFrom(seed);
  while (Atomics.load(words, 1) === 0) {
    await change(image, random);
    Atomics.add(words, 0, 1);
  }
  await image.close();
  parentPort?.postMessage('ended');
}

// Waiting at the gate alone does not keep a thread alive.
parentPort?.on('message', () => undefined);
parentPort?.postMessage('ready');
const work: ImageWork = workerData;
await run(work);
