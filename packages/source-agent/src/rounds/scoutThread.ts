import { Worker } from 'node:worker_threads';
import type { BlockRange, ImageHandle } from '@godwit/image';
import type { MarkingOptions } from './allocated.js';

/** What the thread is started with. */
export interface ScoutWork {
  readonly image: ImageHandle;
  readonly options: MarkingOptions;
}

/**
 * Marks what an image has in its shared maps, in a thread made for it: its questions to the file system may take
 * seconds each. Resolves with the long holes; rejects with what the thread ended on.
 */
export async function scout(image: ImageHandle, options: MarkingOptions): Promise<BlockRange[]> {
  const workerData: ScoutWork = { image, options };
  const worker = new Worker(new URL('./scoutWorker.js', import.meta.url), { name: 'scout', workerData });
  return new Promise((resolve, reject) => {
    worker.on('message', (pairs: Float64Array) => resolve(unpacked(pairs)));
    worker.on('error', reject);
    // Behind a message or an error it says nothing new.
    worker.on('exit', (code) => reject(new Error(`the thread that looks for holes ended (${code})`)));
  });
}

/** Pairs of first and count; a quarter of a million objects would hold both threads while they are copied. */
export function packed(ranges: readonly BlockRange[]): Float64Array<ArrayBuffer> {
  const pairs = new Float64Array(ranges.length * 2);
  for (const [index, { first, count }] of ranges.entries()) pairs.set([first, count], index * 2);
  return pairs;
}

function unpacked(pairs: Float64Array): BlockRange[] {
  const ranges: BlockRange[] = [];
  for (let at = 0; at < pairs.length; at += 2) ranges.push({ first: pairs[at] ?? 0, count: pairs[at + 1] ?? 0 });
  return ranges;
}
