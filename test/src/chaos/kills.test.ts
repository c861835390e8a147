import { FAULT_POINTS } from '@godwit/faults';
import { expect, it } from 'vitest';
import { runCampaign } from './campaign/campaign.js';

/** `npm run chaos -- --kills 2000 --seed N` for more. */
const SEED = 1;
/** At each point in turn, and at some again at another passing. */
const TRIALS = FAULT_POINTS.length + 8;
const AT_ONCE = 3;
const LEAST_KILLS = 200;

it('kill -9 at every named point, under four writers, leaves one owner that has every acknowledged write', async () => {
  const trials = Array.from({ length: TRIALS }, (_, index) => index);
  const end = await runCampaign({ seed: SEED, trials, atOnce: AT_ONCE });
  console.log(`${end.kills} kills in ${end.trials} trials, owner: ${JSON.stringify(end.owners)}`);
  expect(end.failures).toEqual([]);
  expect(end.unreached).toEqual([]);
  expect(end.kills).toBeGreaterThanOrEqual(LEAST_KILLS);
}, 1_800_000);
