import { availableParallelism, cpus } from 'node:os';
import { expect, it } from 'vitest';
import { IdleProcessors } from './idleProcessors.js';

it('counts processors at rest, and fewer while one works', async () => {
  const idle = new IdleProcessors();
  const samples: number[] = [];
  for (let round = 0; round < 3; round++) {
    const until = performance.now() + 200;
    while (performance.now() < until) Math.random();
    samples.push(idle.sample());
    await new Promise((resolve) => setImmediate(resolve));
  }
  // This thread worked all the time; clocks of the kernel tick in hundredths.
  for (const sample of samples) expect(sample).toBeLessThan(cpus().length - 0.5);
  expect(Math.min(...samples)).toBeGreaterThanOrEqual(0);
  expect(availableParallelism()).toBeLessThanOrEqual(cpus().length);
});
