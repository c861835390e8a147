import { describe, expect, it } from 'vitest';
import { until } from '../harness/condition.js';
import { expectMovedWhole, expectNothingLeft, expectSourceOwns } from '../harness/expectations.js';
import { Hold } from '../harness/hold.js';
import { makeRandomImage } from '../harness/imageFiles.js';
import { migrateCompletely, untilState } from '../harness/moving.js';
import { DISK, pairOf } from '../harness/pair.js';
import { stageForTest } from '../harness/testStage.js';

const make = (path: string): void => makeRandomImage(path, 8 * 1024 * 1024);
const SLOW = { bandwidthLimit: 1024 * 1024 };

describe('SIGTERM', () => {
  it('ends idle agents with exit code 0', async () => {
    const stage = stageForTest();
    const { source, destination } = await pairOf(stage, make);
    expect(await source.stop()).toEqual({ code: 0, signal: null });
    expect(await destination.stop()).toEqual({ code: 0, signal: null });
  });

  it('at the source cancels what is on the move; after a restart it owns and can move', async () => {
    const stage = stageForTest();
    const { source, destination, path } = await pairOf(stage, make);
    const id = await source.api.startMigration({ images: [DISK], destination: destination.address, ...SLOW });
    await untilState(source.api, id, 'active');
    expect(await source.stop()).toEqual({ code: 0, signal: null });
    await expectNothingLeft(destination);
    const there = await destination.api.migration(id);
    expect(there.state).toMatch(/^(cancelled|failed)$/);
    await source.start();
    await expectSourceOwns(source);
    await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
    await expectMovedWhole(source, destination, path);
  });

  it('at the destination ends the migration, and the source goes on', async () => {
    const stage = stageForTest();
    const { source, destination } = await pairOf(stage, make);
    const id = await source.api.startMigration({ images: [DISK], destination: destination.address, ...SLOW });
    await untilState(source.api, id, 'active');
    expect(await destination.stop()).toEqual({ code: 0, signal: null });
    const view = await untilState(source.api, id, 'failed', 'cancelled');
    expect(view.error?.code).toMatch(/^E_(SHUTDOWN|PEER|PEER_LOST|LANE_LOST|CANCELLED)$/);
    await expectSourceOwns(source);
    await destination.start();
    await expectNothingLeft(destination);
  });

  it('while writes wait at the gate lets none of them be half done', async () => {
    const stage = stageForTest();
    const hold = new Hold(stage, 'source.switchover.frozen');
    const { source, destination } = await pairOf(stage, make, { source: { env: hold.env } });
    await source.api.write(DISK, 0, Buffer.from('before'));
    const id = await source.api.startMigration({ images: [DISK], destination: destination.address });
    await hold.reached(source, id);
    const answer = source.api.write(DISK, 0, Buffer.from('during')).then(
      () => 'written' as const,
      () => 'refused' as const,
    );
    expect((await source.stop()).code).toBe(0);
    const outcome = await answer;
    await source.start({});
    const found = (await source.api.read(DISK, 0, 6)).toString();
    if (outcome === 'written') expect(found).toBe('during');
    else expect(['before', 'during']).toContain(found);
  });

  it('a second one ends at once', async () => {
    const stage = stageForTest();
    const hold = new Hold(stage, 'source.switchover.after-seal');
    const { source, destination } = await pairOf(stage, make, { source: { env: hold.env } });
    const id = await source.api.startMigration({ images: [DISK], destination: destination.address });
    await hold.reached(source, id);
    source.process.signal('SIGTERM');
    // Two signals of a kind that are pending at once are one.
    await until('the first to be noticed', () => source.output.includes('closing after SIGTERM'));
    source.process.signal('SIGTERM');
    expect(await source.process.ended).toEqual({ code: 143, signal: null });
  });

  it('while the outcome is unknown ends the source, which stays sealed until it has asked', async () => {
    const stage = stageForTest();
    const hold = new Hold(stage, 'source.switchover.after-seal');
    const { source, destination } = await pairOf(stage, make, { source: { env: hold.env } });
    const id = await source.api.startMigration({ images: [DISK], destination: destination.address });
    await hold.reached(source, id);
    await destination.kill();
    hold.release();
    await untilState(source.api, id, 'outcome-unknown');
    expect(await source.stop()).toEqual({ code: 0, signal: null });
    await source.start({});
    expect((await source.api.image(DISK)).owner.role).toBe('sealed');
    await destination.start();
    await until('the source to own again', async () => (await source.api.image(DISK)).owner.role === 'owner');
    await expectSourceOwns(source);
  });
});
