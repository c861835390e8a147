import type { BlockMap } from '@godwit/image';
import { REGION_BYTES, type WorkItem } from '../rounds/workList.js';

/** The blocks whose bits are set, in order. */
export function blocksOf(map: BlockMap): number[] {
  const blocks: number[] = [];
  for (let from = 0; from < map.blocks; ) {
    const run = map.nextRun(from, map.blocks);
    if (run === undefined) break;
    for (let block = run.first; block < run.first + run.count; block++) blocks.push(block);
    from = run.first + run.count;
  }
  return blocks;
}

/** The regions that hold `blocks`, each once, in order. */
export function regionsHolding(blocks: readonly number[], blockBytes: number): number[] {
  return [...new Set(blocks.map((block) => Math.floor((block * blockBytes) / REGION_BYTES)))];
}

/** The regions of a plan's items of one image, in the order of the plan. */
export function regionsOf(items: Iterable<WorkItem>, image = 0): number[] {
  return [...items]
    .filter((item) => item.image === image)
    .flatMap((item) => Array.from({ length: item.regions }, (_, index) => item.firstRegion + index));
}
