import { parseArgs } from 'node:util';
import { runCampaign } from './campaign.js';
import { nameOf } from './trial.js';

/** `npm run chaos -- [--seed N] [--kills N] [--at-once N] [--trial N]`: kills at every point in turn until there were so many. */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    kills: { type: 'string', default: '1000' },
    trial: { type: 'string' },
    'at-once': { type: 'string', default: '3' },
  },
});

const BATCH = 100;
const seed = Number(values.seed);
const wanted = values.trial === undefined ? Number(values.kills) : 1;
let [kills, trials] = [0, 0];
console.log(`seed ${seed}`);
for (
  let first = Number(values.trial ?? 0);
  kills < wanted && (values.trial === undefined || trials === 0);
  first += BATCH
) {
  const count = values.trial === undefined ? BATCH : 1;
  const end = await runCampaign({
    seed,
    trials: Array.from({ length: count }, (_, index) => first + index),
    atOnce: Number(values['at-once']),
    onEnd: (trial, { isReached, owner }) =>
      console.log(`${isReached ? 'killed  ' : 'not met '} owner ${owner.padEnd(11)} ${nameOf(trial)}`),
  });
  kills += end.kills;
  trials += end.trials;
  for (const failure of end.failures) console.error(`FAILED ${failure}`);
  if (end.failures.length > 0) process.exitCode = 1;
  console.log(
    `${kills} kills in ${trials} trials; owner in this batch: ${JSON.stringify(end.owners)}; not met in it: ${end.unreached.length}`,
  );
}
