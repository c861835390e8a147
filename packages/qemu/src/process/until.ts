import { setTimeout as nextLook } from 'node:timers/promises';
import { QEMU_BOUNDS } from '../bounds.js';

/** Looks again and again until there is something; undefined when there was nothing in time. For what tells nobody when it happens. */
export async function until<T>(
  timeoutMs: number,
  look: () => Promise<T | undefined> | T | undefined,
): Promise<T | undefined> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== undefined || performance.now() >= end) return found;
    await nextLook(QEMU_BOUNDS.lookMs);
  }
}
