import { expect, it } from 'vitest';
import { freePort } from './ports.js';

it('gives no port twice, however many are asked for at once', async () => {
  const ports = await Promise.all(Array.from({ length: 500 }, freePort));
  expect(new Set(ports).size).toBe(500);
});
