import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { REHEARSED_PASSES, rehearse } from './rehearsal.js';

const descriptors = () => readdirSync('/proc/self/fd').length;

it('walks the path of a lane to its end, and leaves no descriptor open', async () => {
  const before = descriptors();
  expect(await rehearse(new AbortController().signal)).toBe(REHEARSED_PASSES);
  await expect.poll(descriptors).toBeLessThanOrEqual(before);
});

it('ends before its end when its thread is wanted', async () => {
  const abort = new AbortController();
  const passes = rehearse(abort.signal);
  abort.abort();
  expect(await passes.catch((error: unknown) => error)).not.toBe(REHEARSED_PASSES);
});

it.for([1, 20, 100, 300])('leaves no descriptor open when its thread is wanted after %d ms', async (afterMs) => {
  const before = descriptors();
  const abort = new AbortController();
  setTimeout(() => abort.abort(), afterMs);
  const passes = await rehearse(abort.signal).catch((error: unknown) => error);
  // How far it came by then is the machine's.
  if (typeof passes !== 'number') expect(passes).toBe(abort.signal.reason);
  await expect.poll(descriptors).toBeLessThanOrEqual(before);
});
