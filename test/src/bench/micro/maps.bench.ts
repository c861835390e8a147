import { bench, describe } from 'vitest';
import { BlockMap } from '../../../../packages/image/dist/index.js';
import { SeededRandom } from '../../oracle/seededRandom.js';

/** 1 TiB in blocks of 64 KiB. */
const BLOCKS = 2 ** 24;
const SCATTERED = 100;

function scattered(map: BlockMap): void {
  const random = new SeededRandom(1);
  for (let index = 0; index < SCATTERED; index++) map.setRange(random.below(BLOCKS), 1);
}

describe('the block map of 1 TiB', () => {
  const map = BlockMap.create(BLOCKS);
  const random = new SeededRandom(2);
  let visited = 0;
  const visit = (): void => void visited++;

  bench('set a block, as each write does', () => {
    map.setRange(random.below(BLOCKS), 1);
  });

  bench('set a block that is set already', () => {
    map.setRange(77, 1);
  });

  const sparse = BlockMap.create(BLOCKS);
  bench(`set ${SCATTERED} blocks and take all, as a small round does`, () => {
    scattered(sparse);
    sparse.takeAll(visit);
  });

  const full = BlockMap.create(BLOCKS);
  bench('set all and take all, as round 1 does', () => {
    full.setRange(0, BLOCKS);
    full.takeAll(visit);
  });

  const found = BlockMap.create(BLOCKS);
  scattered(found);
  bench(`find ${SCATTERED} runs`, () => {
    for (let block = 0; block < BLOCKS; ) {
      const run = found.nextRun(block, BLOCKS);
      if (run === undefined) break;
      block = run.first + run.count;
    }
  });
});
