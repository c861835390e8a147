import { expect, it } from 'vitest';
import { type Sample, Soak } from '../bench/soaking.js';
import { type Allowance, trendsOf } from '../bench/soakVerdict.js';
import { stageForTest } from '../harness/testStage.js';

const MOVES = 40;
/** What threads compile and keep ready is there by then. */
const WARM_UP_MOVES = 12;
/**
 * A heap of the usual settings takes hundreds of moves to find its size, and 1 MiB kept for each does not show in it.
 * With full collections alone, and a nursery that is small from the start, what is resident is what is held: it grew
 * by 11 MiB at most in the moves that are judged, and by 29 when an agent kept 1 MiB of each.
 */
const PLAN = {
  imageBytes: 4 * 1024 * 1024,
  writeBytesPerSec: 20e6,
  nodeArgs: ['--gc-global', '--max-semi-space-size=1'],
};
const ALLOWED: Allowance = { share: 0, mebibytes: 20 };

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
  const growth = trendsOf(samples.slice(WARM_UP_MOVES), ALLOWED).filter(({ grows }) => grows);
  expect(growth).toEqual([]);
});
