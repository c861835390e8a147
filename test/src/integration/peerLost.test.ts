import { describe, expect, it } from 'vitest';
import {
  expectMovedWhole,
  expectNothingLeft,
  expectSourceOwns,
  expectWritableWithinASecond,
} from '../harness/expectations.js';
import { Hold, type HoldPoint } from '../harness/hold.js';
import { keepCopy, makeRandomImage } from '../harness/imageFiles.js';
import { migrateCompletely, untilState } from '../harness/moving.js';
import { DISK, type Pair, pairOf } from '../harness/pair.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { fileBytes } from '../oracle/byteSource.js';
import { assertIntact } from '../oracle/replay.js';

const SIZE_BYTES = 8 * 1024 * 1024;
const make = (path: string): void => makeRandomImage(path, SIZE_BYTES);

/** Brings a migration to a phase and says how to let it go on. */
interface Phase {
  readonly name: string;
  /** The destination is PREPARED on disk: it may not forget on its own, for the source might have sealed. */
  readonly prepared: boolean;
  bring(stage: Stage): Promise<{ readonly pair: Pair; readonly id: string; readonly hold?: Hold }>;
}

function heldAt(point: HoldPoint): Phase {
  return {
    name: `held at ${point}`,
    prepared: point === 'source.switchover.before-seal',
    bring: async (stage) => {
      const hold = new Hold(stage, point);
      const side = point.startsWith('source') ? 'source' : 'destination';
      const pair = await pairOf(stage, make, { [side]: { env: hold.env } });
      const id = await pair.source.api.startMigration({ images: [DISK], destination: pair.destination.address });
      await hold.reached(pair.source, id);
      return { pair, id, hold };
    },
  };
}

const FIRST_ROUND: Phase = {
  name: 'in the first round',
  prepared: false,
  bring: async (stage) => {
    const pair = await pairOf(stage, make);
    const request = { images: [DISK], destination: pair.destination.address, bandwidthLimit: 1024 * 1024 };
    const id = await pair.source.api.startMigration(request);
    await untilState(pair.source.api, id, 'active');
    return { pair, id };
  },
};

const PRE_SWITCHOVER: Phase = {
  name: 'in pre-switchover',
  prepared: false,
  bring: async (stage) => {
    const pair = await pairOf(stage, make);
    const request = { images: [DISK], destination: pair.destination.address, cutover: 'manual' } as const;
    const id = await pair.source.api.startMigration(request);
    await untilState(pair.source.api, id, 'pre-switchover');
    return { pair, id };
  },
};

const BEFORE_SEALED: readonly Phase[] = [
  FIRST_ROUND,
  PRE_SWITCHOVER,
  heldAt('source.active.before-switch'),
  heldAt('source.switchover.frozen'),
  heldAt('dest.before-prepared'),
  heldAt('source.switchover.before-seal'),
];

describe('a destination that dies', () => {
  for (const phase of BEFORE_SEALED) {
    it(`${phase.name}: the source takes writes within a second and the migration has failed`, async () => {
      const stage = stageForTest();
      const { pair, id, hold } = await phase.bring(stage);
      const { source, destination, path } = pair;
      await destination.kill();
      await expectWritableWithinASecond(source, performance.now());
      const view = await untilState(source.api, id, 'failed');
      expect(view.error?.code).toMatch(/^E_(PEER_LOST|LANE_LOST)$/);
      hold?.release();
      await destination.start({});
      if (!phase.prepared) await expectNothingLeft(destination);
      await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
      await expectMovedWhole(source, destination, path);
    });
  }
});

describe('a network that swallows everything', () => {
  for (const held of [false, true]) {
    it(`is noticed by the peer timeout ${held ? 'in the pause' : 'in the first round'}`, async () => {
      const stage = stageForTest();
      const hold = new Hold(stage, 'dest.before-prepared');
      const pair = await pairOf(stage, make, held ? { destination: { env: hold.env } } : {});
      const proxy = await stage.proxy({ targetPort: pair.destination.plan.port ?? 0 });
      const slow = held ? {} : { bandwidthLimit: 1024 * 1024 };
      const id = await pair.source.api.startMigration({ images: [DISK], destination: proxy.address, ...slow });
      if (held) await hold.reached(pair.source, id);
      else await untilState(pair.source.api, id, 'active');
      proxy.stall();
      const view = await untilState(pair.source.api, id, 'failed');
      expect(view.error?.code).toMatch(/^E_(PEER_LOST|LANE_LOST)$/);
      await expectSourceOwns(pair.source);
      await untilState(pair.destination.api, id, 'failed');
      hold.release();
      await expectNothingLeft(pair.destination);
    });
  }

  it('or cuts the connections: the migration fails and a second one works', async () => {
    const stage = stageForTest();
    const { source, destination, path } = await pairOf(stage, make);
    const proxy = await stage.proxy({ targetPort: destination.plan.port ?? 0 });
    const request = { images: [DISK], destination: proxy.address };
    const id = await source.api.startMigration({ ...request, bandwidthLimit: 1024 * 1024 });
    await untilState(source.api, id, 'active');
    proxy.cut();
    await expectWritableWithinASecond(source, performance.now());
    await untilState(source.api, id, 'failed');
    await expectNothingLeft(destination);
    await migrateCompletely(source.api, request);
    await expectMovedWhole(source, destination, path);
  });
});

describe('a source that dies', () => {
  for (const phase of BEFORE_SEALED) {
    it(`${phase.name}: owns after its restart, loses nothing, and can move`, async () => {
      const stage = stageForTest();
      const { pair, id, hold } = await phase.bring(stage);
      const { source, destination, path } = pair;
      await source.kill();
      // Let go before it has seen the link end, it would be PREPARED, and might not forget on its own.
      if (!phase.prepared) await untilState(destination.api, id, 'failed');
      hold?.release();
      await source.start({});
      await expectSourceOwns(source);
      if (!phase.prepared) await expectNothingLeft(destination);
      await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
      await expectMovedWhole(source, destination, path);
    });
  }

  it('under load keeps every acknowledged write', async () => {
    const stage = stageForTest();
    const { source, destination, path } = await pairOf(stage, make);
    const initial = keepCopy(path, stage.path('initial'));
    const url = source.api.imageUrl(DISK);
    const oracle = stage.writers({ seed: 61, url, sizeBytes: SIZE_BYTES, rateBytesPerSec: 10e6 });
    oracle.start();
    await oracle.acknowledged(100);
    await source.api.startMigration({ images: [DISK], destination: destination.address, bandwidthLimit: 2e6 });
    await oracle.acknowledged(50);
    await source.kill();
    await source.start();
    await oracle.acknowledged(50);
    await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
    await oracle.followed();
    await oracle.stop();
    assertIntact(await oracle.verify(await fileBytes(initial), await fileBytes(destination.imagePath(DISK))));
  });
});
