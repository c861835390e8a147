import { describe, expect, it } from 'vitest';
import { TARGETS } from './targets.js';

/** The same inputs each time: what is found stays found. Long runs take others (CONTRIBUTING.md). */
const SEED = 7;

describe('bytes and words that nobody meant', () => {
  for (const target of TARGETS) {
    it(`${target.name}: each input comes to an end that is foreseen`, async () => {
      const { ends, failure, inputs } = await target.run({ inputs: target.inputs, seed: SEED });
      expect(failure?.report).toBeUndefined();
      expect(inputs).toBe(target.inputs);
      for (const word of target.expected) expect(ends.get(word), word).toBeGreaterThan(0);
    }, 60_000);
  }
});
