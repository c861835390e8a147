import { expect, it } from 'vitest';
import { type Sample, Soak } from '../bench/soaking.js';
import { trendsOf } from '../bench/soakVerdict.js';
import { stageForTest } from '../harness/testStage.js';

const MOVES = 30;
/** Heaps have found their size by then; a hundred moves more do not make them larger. */
const WARM_UP_MOVES = 6;
const PLAN = { imageBytes: 4 * 1024 * 1024, writeBytesPerSec: 20e6 };

it(`${MOVES} moves under writers leave two agents as they were after the first`, { timeout: 300_000 }, async () => {
  const soak = await Soak.start(stageForTest(), PLAN);
  const samples: Sample[] = [];
  while (samples.length < MOVES) samples.push(await soak.move());
  const [first, last] = [samples[0], samples.at(-1)];
  for (const end of ['source', 'destination'] as const) {
    expect(last?.[end].threads).toBeLessThanOrEqual(first?.[end].threads ?? 0);
    expect(last?.[end].descriptors).toBeLessThanOrEqual(first?.[end].descriptors ?? 0);
  }
  // A destination serves all that came; a source closes what has left.
  expect(last?.source.imageDescriptors).toBe(first?.source.imageDescriptors);
  const each = first?.destination.imageDescriptors ?? 0;
  expect(last?.destination.imageDescriptors).toBe(each * MOVES);
  const growth = trendsOf(samples.slice(WARM_UP_MOVES)).filter(({ grows }) => grows);
  expect(growth).toEqual([]);
});
