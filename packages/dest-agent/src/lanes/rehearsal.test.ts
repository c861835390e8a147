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

it.runIf(hasNative)('ends before its end when its thread is wanted', async () => {
  const abort = new AbortController();
  const cycles = rehearse(abort.signal);
  abort.abort();
  expect(await cycles.catch((error: unknown) => error)).not.toBe(REHEARSED_CYCLES);
});

it.runIf(hasNative).for([1, 10, 30, 60])(
  'leaves no descriptor open when its thread is wanted after %d ms',
  async (ms) => {
    const before = descriptors();
    const abort = new AbortController();
    setTimeout(() => abort.abort(), ms);
    // How far it came by then is the machine's.
    await rehearse(abort.signal).catch((error: unknown) => error);
    await expect.poll(descriptors).toBeLessThanOrEqual(before);
  },
);
