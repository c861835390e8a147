import { vi } from 'vitest';

/** Within what a test may take: a busy host is no reason to fail. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 20_000 });
}
