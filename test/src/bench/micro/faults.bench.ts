import { bench, describe } from 'vitest';
import { faultPoint } from '../../../../packages/faults/dist/index.js';

const PASSINGS = 1000;
/** Called as the agents do; what vitest makes of an import costs 20 times as much as what is measured. */
const pass = faultPoint;

/** What the points of `packages/faults` cost a daemon that nobody tests: the difference is nothing. */
describe(`${PASSINGS} steps of a loop`, () => {
  const done = { steps: 0 };

  bench('without a fault point', () => {
    for (let step = 0; step < PASSINGS; step++) done.steps += 1;
  });

  bench('with a fault point', () => {
    for (let step = 0; step < PASSINGS; step++) {
      pass('image.write.written');
      done.steps += 1;
    }
  });
});
