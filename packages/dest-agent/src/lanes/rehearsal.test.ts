import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { rehearse } from './rehearsal.js';

const leftovers = () => readdirSync(tmpdir()).filter((name) => name.startsWith('godwit-rehearsal-'));
const descriptors = () => readdirSync('/proc/self/fd').length;

it('walks the path of a lane to its end, as often as it is asked to, and leaves nothing behind', async () => {
  const [files, before] = [leftovers(), descriptors()];
  let asked = 0;
  await rehearse(() => ++asked > 0);
  expect(asked).toBeGreaterThan(6);
  await expect.poll(descriptors).toBeLessThanOrEqual(before);
  expect(leftovers()).toEqual(files);
});

it('ends soon when its thread is no longer spare', async () => {
  const before = descriptors();
  let asked = 0;
  await rehearse(() => ++asked <= 2);
  expect(asked).toBeLessThanOrEqual(5);
  await expect.poll(descriptors).toBeLessThanOrEqual(before);
});
