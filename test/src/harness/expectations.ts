import { existsSync, statSync } from 'node:fs';
import { expect } from 'vitest';
import { ApiError } from './apiClient.js';
import { until } from './condition.js';
import { HAS_HOLES } from './forced.js';
import type { MigrationView } from './migrationView.js';
import { DISK } from './pair.js';
import type { RunningDaemon } from './runningDaemon.js';
import { allocatedBytesOf, sparseDigestOf } from './sparseFile.js';

/** "Within a second": what the contract gives a source to take writes again. */
const WRITABLE_WITHIN_MS = 1000;

/** The image of an idle workload arrived whole, thin and owned, and the source sends writers there. */
export async function expectMovedWhole(
  source: RunningDaemon,
  destination: RunningDaemon,
  path: string,
  name = DISK,
): Promise<void> {
  const arrived = destination.imagePath(name);
  expect(statSync(arrived).size).toBe(statSync(path).size);
  expect(sparseDigestOf(arrived)).toBe(sparseDigestOf(path));
  expectAsThin(arrived, path);
  await expectOwnedBy(destination, source, name);
}

/** Allocated at the destination within 5% of the source, one block of slack for tiny files; if there are holes at all. */
export function expectAsThin(arrived: string, original: string): void {
  if (!HAS_HOLES) return;
  const allowed = allocatedBytesOf(original) * 1.05 + 64 * 1024;
  expect(allocatedBytesOf(arrived)).toBeLessThanOrEqual(allowed);
}

/** One owner: the destination with the next epoch; the source released and answers with its location. */
export async function expectOwnedBy(destination: RunningDaemon, source: RunningDaemon, name = DISK): Promise<void> {
  const [there, here] = await Promise.all([destination.api.image(name), source.api.image(name)]);
  expect(there.owner.role).toBe('owner');
  expect(here.owner.role).toBe('released');
  expect(there.owner.epoch).toBe(here.owner.epoch + 1);
  const refusal = await refusalOf(source.api.write(name, 0, Buffer.alloc(1)));
  expect(refusal).toMatchObject({ status: 421, code: 'E_MOVED', location: destination.api.imageUrl(name) });
}

/** A completed migration's numbers agree with one another. */
export function expectSoundCompletion(view: MigrationView): void {
  expect(view.state).toBe('completed');
  expect(view.error).toBeUndefined();
  expect(view.endedAt).toBeDefined();
  expect(view.progress.percent).toBe(100);
  expect(view.progress.remaining).toBe(0);
  expect(view.downtime).toBeDefined();
  if (view.downtime === undefined) return;
  const { totalMs, drainMs, finalRoundMs, verifyMs, persistMs, takeoverMs } = view.downtime;
  const parts = [drainMs, finalRoundMs, verifyMs, persistMs, takeoverMs];
  for (const part of parts) expect(part).toBeGreaterThanOrEqual(0);
  expect(parts.reduce((sum, part) => sum + part, 0)).toBeLessThanOrEqual(totalMs * 1.1 + 5);
}

/** The source owns and takes a write within a second of `sinceMs` (performance.now()). */
export async function expectWritableWithinASecond(source: RunningDaemon, sinceMs: number, name = DISK): Promise<void> {
  await source.api.write(name, 0, Buffer.from('still here'));
  const tookMs = performance.now() - sinceMs;
  expect((await source.api.image(name)).owner.role).toBe('owner');
  expect((await source.api.read(name, 0, 10)).toString()).toBe('still here');
  expect(tookMs).toBeLessThan(WRITABLE_WITHIN_MS);
}

/** As above without the clock, for tests where nothing was promised about time. */
export async function expectSourceOwns(source: RunningDaemon, name = DISK): Promise<void> {
  expect((await source.api.image(name)).owner.role).toBe('owner');
  await source.api.write(name, 0, Buffer.from('still here'));
  expect((await source.api.read(name, 0, 10)).toString()).toBe('still here');
}

/** The destination holds nothing of the image: no file, no name. */
export async function expectNothingLeft(destination: RunningDaemon, name = DISK): Promise<void> {
  // The source may report the end a moment before the destination has cleaned up behind it.
  await until(`${name} to be gone from the destination`, async () => {
    const images = await destination.api.images();
    return !existsSync(destination.imagePath(name)) && images.every((image) => image.name !== name);
  });
}

/** The refusal that a call must end in. */
export async function refusalOf(call: Promise<unknown>): Promise<ApiError> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
  throw new Error('the call was accepted, a refusal was expected');
}
