import { closeSync, existsSync, openSync, rmSync, utimesSync, writeSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { until } from '../harness/condition.js';
import {
  expectMovedWhole,
  expectNothingLeft,
  expectOwnedBy,
  expectWritableWithinASecond,
} from '../harness/expectations.js';
import { Hold, type HoldPoint } from '../harness/hold.js';
import { keepCopy, makeMixedImage, makeRandomImage } from '../harness/imageFiles.js';
import type { MigrationView } from '../harness/migrationView.js';
import { untilState } from '../harness/moving.js';
import { DISK, type Pair, pairOf } from '../harness/pair.js';
import type { RunningDaemon } from '../harness/runningDaemon.js';
import type { Stage } from '../harness/stage.js';
import type { TcpProxy } from '../harness/tcpProxy.js';
import { stageForTest } from '../harness/testStage.js';
import { fileBytes } from '../oracle/byteSource.js';
import { assertIntact } from '../oracle/replay.js';
import type { WriterOracle } from '../oracle/writerOracle.js';

const MEBIBYTE = 1024 * 1024;
const SIZE_BYTES = 32 * MEBIBYTE;
/** Slow enough to be met in the first round. */
const SLOW_BYTES_PER_SEC = 8 * MEBIBYTE;
const PATIENCE_MS = 60_000;

/** A migration of 32 MiB of random bytes that is a quarter through its first round, through a proxy. */
interface Started {
  readonly pair: Pair;
  readonly proxy: TcpProxy;
  readonly id: string;
}

async function started(stage: Stage, more: { verify?: 'full' | 'wire'; patienceMs?: number } = {}): Promise<Started> {
  const pair = await pairOf(stage, (path) => makeRandomImage(path, SIZE_BYTES));
  const proxy = await stage.proxy({ targetPort: pair.destination.plan.port ?? 0 });
  const id = await pair.source.api.startMigration({
    images: [DISK],
    destination: proxy.address,
    bandwidthLimit: SLOW_BYTES_PER_SEC,
    patienceMs: PATIENCE_MS,
    ...more,
  });
  await partThrough(pair.source, id, 0.25);
  return { pair, proxy, id };
}

function partThrough(source: RunningDaemon, id: string, share: number): Promise<MigrationView> {
  return until(`${share} of the image to arrive`, async () => {
    const view = await source.api.migration(id);
    return view.progress.transferred > SIZE_BYTES * share ? view : undefined;
  });
}

/** Not much more than once over the wire: what had arrived before did not travel again. */
function expectSentOnce(view: MigrationView): void {
  expect(view.progress.wireBytes).toBeGreaterThan(SIZE_BYTES * 0.9);
  // What was in flight when the link was lost: a window or two.
  expect(view.progress.wireBytes).toBeLessThan(SIZE_BYTES * 1.3);
}

describe('a link that is cut', () => {
  it('pauses the migration, the workload runs on, and only what is missing travels afterwards', async () => {
    const stage = stageForTest();
    const { pair, proxy, id } = await started(stage);
    const { source, destination, path } = pair;
    proxy.cut({ refuse: true });
    await expectWritableWithinASecond(source, performance.now());
    const paused = await untilState(source.api, id, 'paused');
    expect(paused.error?.code).toMatch(/^E_(PEER_LOST|LANE_LOST|UNREACHABLE)$/);
    await untilState(destination.api, id, 'paused');
    proxy.mend();
    const view = await untilState(source.api, id, 'completed');
    expect(view.error).toBeUndefined();
    expectSentOnce(view);
    await expectMovedWhole(source, destination, path);
  });

  it('again and again is no different', async () => {
    const stage = stageForTest();
    const { pair, proxy, id } = await started(stage);
    for (let cut = 0; cut < 5; cut++) {
      const before = proxy.passedBytes.toDestination;
      proxy.cut();
      await until('more to pass', () => proxy.passedBytes.toDestination > before + MEBIBYTE || undefined);
    }
    expectSentOnce(await untilState(pair.source.api, id, 'completed'));
    await expectMovedWhole(pair.source, pair.destination, pair.path);
  });

  it('for one side only is taken over by the next link', async () => {
    const stage = stageForTest();
    const { pair, proxy, id } = await started(stage);
    const first = proxy.connections;
    // The source hears nothing any more; what the destination knows of it comes with the new link.
    proxy.stall((connection) => connection < first);
    expectSentOnce(await untilState(pair.source.api, id, 'completed'));
    await expectMovedWhole(pair.source, pair.destination, pair.path);
  });

  for (const point of [
    'source.active.before-switch',
    'source.switchover.frozen',
    'dest.before-prepared',
    'source.switchover.before-seal',
  ] as const) {
    it(`at ${point} opens the gate within a second and the migration goes on`, async () => {
      const stage = stageForTest();
      const { pair, id, hold, proxy } = await heldAt(stage, point);
      const { source, destination, path } = pair;
      proxy.cut({ refuse: true });
      await expectWritableWithinASecond(source, performance.now());
      await untilState(source.api, id, 'paused');
      hold.release();
      proxy.mend();
      await untilState(source.api, id, 'completed');
      await expectMovedWhole(source, destination, path);
    });
  }

  it('for longer than the patience ends the migration; the source owns, and the destination lets go', async () => {
    const stage = stageForTest();
    const { pair, proxy, id } = await started(stage, { patienceMs: 500 });
    proxy.cut({ refuse: true });
    const view = await untilState(pair.source.api, id, 'failed');
    expect(view.error?.code).toMatch(/^E_(PEER_LOST|UNREACHABLE|NOT_GODWIT)$/);
    await expectWritableWithinASecond(pair.source, performance.now());
    await expectNothingLeft(pair.destination);
  });

  it('can be cancelled while it is, and the destination hears of it when it can be reached', async () => {
    const stage = stageForTest();
    const { pair, proxy, id } = await started(stage);
    const { source, destination } = pair;
    proxy.cut({ refuse: true });
    await untilState(source.api, id, 'paused');
    proxy.mend();
    await source.api.cancel(id);
    await untilState(source.api, id, 'cancelled');
    await untilState(destination.api, id, 'failed');
    await expectNothingLeft(destination);
  });

  it('is not what a destination waits for when a cancellation comes behind the end of the lanes', async () => {
    const stage = stageForTest();
    const pair = await pairOf(stage, (path) => makeRandomImage(path, SIZE_BYTES));
    // The control connection is the first one: all that it says comes later than what lanes do.
    const wire = { targetPort: pair.destination.plan.port ?? 0, delayMs: 300, slowConnection: 0 };
    const proxy = await stage.proxy(wire);
    const request = { images: [DISK], destination: proxy.address, bandwidthLimit: SLOW_BYTES_PER_SEC };
    const id = await pair.source.api.startMigration({ ...request, patienceMs: PATIENCE_MS });
    await partThrough(pair.source, id, 0.25);
    await pair.source.api.cancel(id);
    await untilState(pair.source.api, id, 'cancelled');
    const patienceMs = PATIENCE_MS / 4;
    await until('nothing to be left', () => !existsSync(pair.destination.imagePath(DISK)), patienceMs);
  });

  it('can be given up at the destination', async () => {
    const stage = stageForTest();
    const { pair, proxy, id } = await started(stage);
    proxy.cut({ refuse: true });
    await untilState(pair.destination.api, id, 'paused');
    await pair.destination.api.cancel(id);
    await untilState(pair.destination.api, id, 'cancelled');
    await expectNothingLeft(pair.destination);
    proxy.mend();
    await untilState(pair.source.api, id, 'failed');
  });
});

async function heldAt(stage: Stage, point: HoldPoint): Promise<Started & { readonly hold: Hold }> {
  const hold = new Hold(stage, point);
  const side = point.startsWith('source') ? 'source' : 'destination';
  const pair = await pairOf(stage, (path) => makeRandomImage(path, SIZE_BYTES), { [side]: { env: hold.env } });
  const proxy = await stage.proxy({ targetPort: pair.destination.plan.port ?? 0 });
  const request = { images: [DISK], destination: proxy.address, patienceMs: PATIENCE_MS };
  const id = await pair.source.api.startMigration(request);
  await hold.reached(pair.source, id);
  return { pair, proxy, id, hold };
}

describe('an agent that is killed', () => {
  for (const verify of ['full', 'wire'] as const) {
    it(`at the destination knows when it is back what it holds (${verify})`, async () => {
      const stage = stageForTest();
      const { pair, id } = await started(stage, { verify });
      await pair.destination.kill();
      await untilState(pair.source.api, id, 'paused');
      await pair.destination.start();
      expectSentOnce(await untilState(pair.source.api, id, 'completed'));
      expect(await pair.destination.api.migration(id)).toMatchObject({ verify, verified: { mode: verify } });
      await expectMovedWhole(pair.source, pair.destination, pair.path);
    });

    it(`at the source goes on when it is back (${verify})`, async () => {
      const stage = stageForTest();
      const { pair, proxy, id } = await started(stage, { verify });
      await partThrough(pair.source, id, 0.75);
      await pair.source.kill();
      await pair.source.start();
      const view = await untilState(pair.source.api, id, 'completed');
      // The last checkpoint is a second old at most, or a little more on a busy machine.
      expect(view.progress.wireBytes).toBeLessThan(SIZE_BYTES * 0.75);
      expect(proxy.passedBytes.toDestination).toBeGreaterThan(SIZE_BYTES * 0.9);
      await expectMovedWhole(pair.source, pair.destination, pair.path);
    });
  }

  it('on both sides goes on', async () => {
    const stage = stageForTest();
    const { pair, id } = await started(stage);
    await Promise.all([pair.source.kill(), pair.destination.kill()]);
    await Promise.all([pair.source.start(), pair.destination.start()]);
    await untilState(pair.source.api, id, 'completed');
    await expectMovedWhole(pair.source, pair.destination, pair.path);
  });

  it('at the source, and whose record is gone, compares and sends what differs', async () => {
    const stage = stageForTest();
    const { pair, proxy, id } = await started(stage, { verify: 'wire' });
    await partThrough(pair.source, id, 0.5);
    await pair.source.kill();
    rmSync(`${stateOf(pair.source)}/dirty`, { recursive: true });
    await pair.source.start();
    const view = await untilState(pair.source.api, id, 'completed');
    expect(view.progress.wireBytes).toBeLessThan(SIZE_BYTES * 0.75);
    expect(proxy.passedBytes.toDestination).toBeGreaterThan(SIZE_BYTES * 0.9);
    await expectMovedWhole(pair.source, pair.destination, pair.path);
  });

  it('at the destination, and whose copy somebody has changed since, is compared', async () => {
    const stage = stageForTest();
    const { pair, id } = await started(stage, { verify: 'wire' });
    await pair.destination.kill();
    const copy = pair.destination.imagePath(DISK);
    const fd = openSync(copy, 'r+');
    writeSync(fd, Buffer.alloc(100_000, 7), 0, 100_000, 12_345);
    closeSync(fd);
    const later = new Date(Date.now() + 5000);
    utimesSync(copy, later, later);
    await pair.destination.start();
    await untilState(pair.source.api, id, 'completed');
    await expectMovedWhole(pair.source, pair.destination, pair.path);
  });

  it('leaves nothing behind of a migration that is over', async () => {
    const stage = stageForTest();
    const { pair, id } = await started(stage);
    await pair.source.kill();
    await pair.source.start();
    await untilState(pair.source.api, id, 'completed');
    const state = stateOf(pair.source);
    expect(existsSync(`${state}/dirty/${DISK}`)).toBe(false);
    expect(existsSync(`${state}/migrations/${id}.json`)).toBe(false);
  });

  for (const [seed, verify] of [
    [1, 'full'],
    [2, 'wire'],
    [3, 'wire'],
  ] as const) {
    it(`at the source, again and again under load, keeps every acknowledged write (seed ${seed}, ${verify})`, async () => {
      const stage = stageForTest();
      const loaded = await underLoad(stage, seed, verify);
      const { pair, id, oracle } = loaded;
      for (let kill = 0; kill < 3; kill++) {
        await oracle.acknowledged(60);
        await pair.source.kill();
        await pair.source.start();
      }
      await expectIntact(loaded, await untilState(pair.source.api, id, 'completed'));
    });
  }

  it('at the destination, again and again under load, keeps every acknowledged write', async () => {
    const stage = stageForTest();
    const loaded = await underLoad(stage, 4, 'wire');
    const { pair, id, oracle } = loaded;
    for (let kill = 0; kill < 3; kill++) {
      await oracle.acknowledged(60);
      await pair.destination.kill();
      await oracle.acknowledged(60);
      await pair.destination.start();
    }
    await expectIntact(loaded, await untilState(pair.source.api, id, 'completed'));
  });
});

function stateOf({ plan }: RunningDaemon): string {
  return plan.args[plan.args.indexOf('--state-dir') + 1] ?? '';
}

interface Loaded {
  readonly pair: Pair;
  readonly id: string;
  readonly oracle: WriterOracle;
  readonly initial: string;
}

async function underLoad(stage: Stage, seed: number, verify: 'full' | 'wire'): Promise<Loaded> {
  const pair = await pairOf(stage, (path) => makeMixedImage(path, SIZE_BYTES + 4321));
  const { source, destination, path } = pair;
  const initial = keepCopy(path, stage.path('initial'));
  const oracle = stage.writers({
    seed,
    url: source.api.imageUrl(DISK),
    sizeBytes: SIZE_BYTES + 4321,
    rateBytesPerSec: 2 * MEBIBYTE,
    zeroShare: 0.05,
    discardShare: 0.05,
  });
  oracle.start();
  await oracle.acknowledged(50);
  const id = await source.api.startMigration({
    images: [DISK],
    destination: destination.address,
    bandwidthLimit: SLOW_BYTES_PER_SEC,
    patienceMs: PATIENCE_MS,
    downtimeLimitMs: 500,
    verify,
  });
  // Before it, there is nothing to come back to.
  await untilState(source.api, id, 'active');
  return { pair, id, oracle, initial };
}

async function expectIntact({ pair, oracle, initial }: Loaded, view: MigrationView): Promise<void> {
  const { source, destination } = pair;
  await oracle.followed();
  await oracle.acknowledged(50);
  await oracle.stop();
  expect(oracle.refusals).toEqual(new Map());
  expect(view.verified).toMatchObject({ mismatches: 0 });
  await expectOwnedBy(destination, source);
  assertIntact(await oracle.verify(await fileBytes(initial), await fileBytes(destination.imagePath(DISK))));
}
