import { describe, expect, it } from 'vitest';
import { explore } from './explore.js';

describe('a handover, whatever is lost, late or killed', () => {
  const explored = explore();

  it('never has two owners, and never none for good', () => {
    expect(explored.broken).toBeUndefined();
  });

  it('can always be settled when faults end', () => {
    expect(explored.stuck).toBeUndefined();
  });

  it('was looked at in full', () => {
    expect(explored.states).toBeGreaterThan(1000);
    for (const pair of [
      'sealed/prepared',
      'asking/owner',
      'moved/owner',
      'asking/unknown',
      'unsealing/over',
      'kept/over',
    ]) {
      expect(explored.phases).toContain(pair);
    }
  });
});
