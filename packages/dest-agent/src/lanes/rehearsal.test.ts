import { readdirSync } from 'node:fs';
import { hasNative } from '@godwit/native';
import { expect, it } from 'vitest';
import { REHEARSED_CYCLES, rehearse } from './rehearsal.js';

const descriptors = () => readdirSync('/proc/self/fd').length;

it('walks the path of a lane to its end where lanes are in threads, and leaves no descriptor open', async () => {
  const before = descriptors();
  expect(await rehearse(new AbortController().signal)).toBe(hasNative ? REHEARSED_CYCLES : 0);
  await expect.poll(descriptors).toBeLessThanOrEqual(before);
});

it.runIf(hasNative).for([0, 10, 30, 60])('ends soon when its thread is wanted after %d ms', async (afterMs) => {
  const before = descriptors();
  const abort = new AbortController();
  setTimeout(() => abort.abort(), afterMs);
  const cycles = await rehearse(abort.signal).catch((error: unknown) => error);
  expect(cycles).not.toBe(REHEARSED_CYCLES);
  await expect.poll(descriptors).toBeLessThanOrEqual(before);
});
