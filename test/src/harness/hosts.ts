import { expect } from 'vitest';
import { fileBytes } from '../oracle/byteSource.js';
import { assertIntact } from '../oracle/replay.js';
import type { WriterOracle } from '../oracle/writerOracle.js';
import type { MigrationRequest, MigrationView } from './migrationView.js';
import { untilState } from './moving.js';
import { DISK } from './pair.js';
import type { RunningDaemon } from './runningDaemon.js';
import type { HostOptions, Stage } from './stage.js';

/** Agents with both roles; nothing is open yet. */
export async function hosts(stage: Stage, count: number, options: HostOptions = {}): Promise<RunningDaemon[]> {
  return Promise.all(Array.from({ length: count }, () => stage.host(options)));
}

/** A file in the folder of a host, open there as an image of it. */
export async function openAt(host: RunningDaemon, make: (path: string) => void, name = DISK): Promise<string> {
  const path = host.imagePath(name);
  make(path);
  await host.api.openImage(name, path);
  return path;
}

/** A move that is patient, as one between hosts that are restarted is. */
export function hopRequest(to: RunningDaemon, more: Partial<MigrationRequest> = {}): MigrationRequest {
  return { images: [DISK], destination: to.address, downtimeLimitMs: 500, patienceMs: 60_000, ...more };
}

/** Moves an image and waits until it has arrived. */
export async function hop(
  from: RunningDaemon,
  to: RunningDaemon,
  more: Partial<MigrationRequest> = {},
): Promise<MigrationView> {
  const id = await from.api.startMigration(hopRequest(to, more));
  const view = await untilState(from.api, id, 'completed');
  expect(view.verified).toMatchObject({ mode: 'full', mismatches: 0 });
  return view;
}

/** The writers are at rest: the host has what every one of them was told that it wrote, on top of `initial`. */
export async function expectWritten(oracle: WriterOracle, initial: string, owner: RunningDaemon): Promise<void> {
  expect(oracle.refusals).toEqual(new Map());
  assertIntact(await oracle.verify(await fileBytes(initial), await fileBytes(owner.imagePath(DISK))));
}

/** Of these hosts `owner` owns the image, and all others that know of it send writers on. */
export async function expectOneOwner(all: readonly RunningDaemon[], owner: RunningDaemon, name = DISK): Promise<void> {
  for (const host of all) {
    const image = (await host.api.images()).find((view) => view.name === name);
    if (host === owner) expect(image?.owner.role).toBe('owner');
    else if (image !== undefined) expect(image.owner.role).not.toBe('owner');
  }
}
