import { expect, it } from 'vitest';
import { feltBy, uniqueDirtyBytes } from './livePlan.js';

const BLOCK = 64 * 1024;
const requests = [
  { answeredAtMs: 900, latencyMs: 7, offset: 0 },
  { answeredAtMs: 1100, latencyMs: 1, offset: BLOCK },
  { answeredAtMs: 1200, latencyMs: 1, offset: BLOCK },
  // Waited at the switch, and was answered behind it.
  { answeredAtMs: 2030, latencyMs: 40, offset: 2 * BLOCK },
  { answeredAtMs: 3000, latencyMs: 99, offset: 3 * BLOCK },
];
const times = { startMs: 1000, endMs: 2000 };

it('a writer feels what waited at any time of the move', () => {
  expect(feltBy(requests, times)).toEqual({ 'felt ms': 40, 'longest before ms': 7 });
});

it('a block is dirty once, however often it is written during the move', () => {
  expect(uniqueDirtyBytes(requests, times)).toBe(BLOCK);
});
