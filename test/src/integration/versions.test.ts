import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FakeDestination } from '../fakes/fakeDestination.js';
import { FakeSource } from '../fakes/fakeSource.js';
import { until } from '../harness/condition.js';
import { expectSourceOwns } from '../harness/expectations.js';
import { makeRandomImage } from '../harness/imageFiles.js';
import { migrate, migrateCompletely } from '../harness/moving.js';
import { DISK, pairOf } from '../harness/pair.js';
import { stageForTest } from '../harness/testStage.js';

const SIZE_BYTES = 3 * 1024 * 1024 + 77;
const OLD_VERSION = 1;
/** Random data travels raw, which is all that the fakes decode. */
const make = (path: string): void => makeRandomImage(path, SIZE_BYTES);

describe('protocol version N-1', () => {
  for (const version of [OLD_VERSION, 2]) {
    it(`a source of version ${version} moves its image to this destination`, async () => {
      const stage = stageForTest();
      const { destination, path } = await pairOf(stage, make);
      const image = readFileSync(path);
      const control = await new FakeSource(DISK, image, version).moveTo(destination.plan.port ?? 0);
      expect(readFileSync(destination.imagePath(DISK)).equals(image)).toBe(true);
      expect((await destination.api.image(DISK)).owner).toMatchObject({ role: 'owner', epoch: 2 });
      const names = new Set(control.received.map(({ type }) => type));
      expect(names.has('Progress')).toBe(false);
      if (version === OLD_VERSION) {
        for (const frame of control.received) {
          if (frame.type === 'Heartbeat') expect(frame.header.echoMs).toBe(0);
        }
      }
      control.close();
    });

    it(`this source moves its image to a destination of version ${version}`, async () => {
      const stage = stageForTest();
      const { source, path } = await pairOf(stage, make);
      const fake = new FakeDestination(version);
      stage.atEnd(() => fake.close());
      const port = await fake.listen();
      const request = { images: [DISK], destination: `127.0.0.1:${port}`, lanes: 2 };
      const view = await migrateCompletely(source.api, request);
      expect(fake.taken).toBe(true);
      expect(fake.complaints).toEqual([]);
      expect(fake.images[0]?.equals(readFileSync(path))).toBe(true);
      expect(view.verified).toMatchObject({ mode: 'full', mismatches: 0 });
      const sent = fake.connections.flatMap(({ received }) => received);
      if (version === OLD_VERSION) {
        expect(sent.filter(({ type }) => type === 'Progress')).toEqual([]);
        for (const frame of sent) if (frame.type === 'Heartbeat') expect(frame.header.echoMs).toBe(0);
      }
      expect((await source.api.image(DISK)).owner.role).toBe('released');
    });
  }

  it('a source of a version that nobody speaks is turned away, and the destination goes on', async () => {
    const stage = stageForTest();
    const { source, destination, path } = await pairOf(stage, make);
    for (const version of [0, 3, 65_535]) {
      const moving = new FakeSource('stranger', readFileSync(path), version).moveTo(destination.plan.port ?? 0);
      await expect(moving).rejects.toThrow(/E_VERSION|closed|ECONNRESET/);
    }
    await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
  });

  it('a destination of later versions only says so: E_VERSION', async () => {
    const stage = stageForTest();
    const { source } = await pairOf(stage, make);
    const fake = new FakeDestination(1, 'turns away');
    stage.atEnd(() => fake.close());
    const view = await migrate(source.api, { images: [DISK], destination: `127.0.0.1:${await fake.listen()}` });
    expect(view.state).toBe('failed');
    expect(`${view.error?.code} ${view.error?.message}`).toContain('E_VERSION');
    await expectSourceOwns(source);
  });

  it('a destination that answers with a version that this source does not speak is refused', async () => {
    const stage = stageForTest();
    const { source } = await pairOf(stage, make);
    const fake = new FakeDestination(7);
    stage.atEnd(() => fake.close());
    const view = await migrate(source.api, { images: [DISK], destination: `127.0.0.1:${await fake.listen()}` });
    expect(view.state).toBe('failed');
    expect(view.error?.code).toMatch(/^E_(VERSION|PROTOCOL|NOT_GODWIT)$/);
    await until('the fake to have been asked', () => fake.versions.length > 0);
    await expectSourceOwns(source);
  });
});
