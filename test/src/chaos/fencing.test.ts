import { cpSync, readFileSync, rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Host } from '../harness/host.js';
import { makeRandomImage } from '../harness/imageFiles.js';
import { migrate, migrateCompletely } from '../harness/moving.js';
import { DISK } from '../harness/pair.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';

const SIZE_BYTES = 4 * 1024 * 1024;

/** Two hosts; the image is at the first one. */
async function hosts(stage: Stage): Promise<readonly [Host, Host]> {
  const [one, two] = [await Host.make(stage, 'one'), await Host.make(stage, 'two')];
  makeRandomImage(one.imagePath, SIZE_BYTES);
  await Promise.all([one.beSource(), two.beDestination()]);
  return [one, two];
}

/** Moves the image, and makes the hosts ready for the way back. */
async function hop(from: Host, to: Host): Promise<void> {
  await migrateCompletely(from.source.api, { images: [DISK], destination: to.destination.address });
  await Promise.all([from.beDestination(), to.beSource()]);
}

/** The state directory as it was once, from a backup. */
function restore(stateDir: string, backup: string): void {
  rmSync(stateDir, { recursive: true });
  cpSync(backup, stateDir, { recursive: true });
}

describe('a state directory that was restored from a backup', () => {
  it('of a source that has let go is refused by the owner, whose image stays as it is', async () => {
    const stage = stageForTest();
    const [one, two] = await hosts(stage);
    const backup = stage.path('backup');
    cpSync(one.stateDir, backup, { recursive: true });
    await migrateCompletely(one.source.api, { images: [DISK], destination: two.destination.address });
    await two.destination.api.write(DISK, 0, Buffer.from('written by the owner'));
    await one.source.stop();
    restore(one.stateDir, backup);
    await one.source.start();
    // It cannot know better, and that is why it is refused.
    expect((await one.source.api.image(DISK)).owner).toEqual({ role: 'owner', epoch: 1 });
    const view = await migrate(one.source.api, { images: [DISK], destination: two.destination.address, seed: true });
    expect([view.state, view.error?.code]).toEqual(['failed', 'E_OWNED_HERE']);
    expect((await two.destination.api.image(DISK)).owner).toEqual({ role: 'owner', epoch: 2 });
    expect(readFileSync(two.imagePath).toString('latin1', 0, 20)).toBe('written by the owner');
  });

  it('of a host that owned an epoch ago is refused where a later epoch was owned', async () => {
    const stage = stageForTest();
    const [one, two] = await hosts(stage);
    await hop(one, two);
    // Owner of epoch 2; it is about to move on, as 3 to one and as 4 back to two.
    const backup = stage.path('backup');
    cpSync(two.stateDir, backup, { recursive: true });
    await hop(two, one);
    await hop(one, two);
    await two.source.stop();
    restore(two.stateDir, backup);
    await two.source.start();
    expect((await two.source.api.image(DISK)).owner).toEqual({ role: 'owner', epoch: 2 });
    const view = await migrate(two.source.api, { images: [DISK], destination: one.destination.address, seed: true });
    expect([view.state, view.error?.code]).toEqual(['failed', 'E_OLD_EPOCH']);
  });
});
