import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultPoint } from '@godwit/faults';
import { describe, expect, it } from 'vitest';
import { until } from '../harness/condition.js';
import { refusalOf } from '../harness/expectations.js';
import { hop, hopRequest, openAt } from '../harness/hosts.js';
import { keepCopy, makeMixedImage } from '../harness/imageFiles.js';
import { migrate, untilState } from '../harness/moving.js';
import { DISK } from '../harness/pair.js';
import type { RunningDaemon } from '../harness/runningDaemon.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { fileBytes } from '../oracle/byteSource.js';
import { assertIntact } from '../oracle/replay.js';
import type { WriterOracle } from '../oracle/writerOracle.js';

const MEBIBYTE = 1024 * 1024;
const SIZE_BYTES = 8 * MEBIBYTE;
/** Comes to the middle host, and leaves it. */
const IMAGES = ['coming', 'leaving'] as const;

interface Scene {
  readonly first: RunningDaemon;
  readonly middle: RunningDaemon;
  readonly last: RunningDaemon;
  readonly oracles: readonly WriterOracle[];
  readonly initial: readonly string[];
  /** Both wait to be switched. */
  readonly ids: readonly [string, string];
}

/** One image on its way into the middle host and one out of it, both under writers, to where it goes on. */
async function comingAndLeaving(stage: Stage, env: Readonly<Record<string, string>> = {}): Promise<Scene> {
  const [first, middle, last] = await Promise.all([stage.host(), stage.host({ env }), stage.host()]);
  const owners = [first, middle];
  const initial: string[] = [];
  const oracles: WriterOracle[] = [];
  for (const [index, name] of IMAGES.entries()) {
    const owner = owners[index] ?? first;
    const path = await openAt(owner, (at) => makeMixedImage(at, SIZE_BYTES, index + 1), name);
    initial.push(keepCopy(path, stage.path(`initial-${name}`)));
    const url = owner.api.imageUrl(name);
    const pace = { rateBytesPerSec: MEBIBYTE / 4, zeroShare: 0.05, discardShare: 0.05 };
    const oracle = stage.writers({ seed: 7 + index, url, sizeBytes: SIZE_BYTES, writers: 2, ...pace });
    oracles.push(oracle);
    oracle.start();
    await oracle.acknowledged(5);
  }
  const more = { cutover: 'manual', downtimeLimitMs: 1000 } as const;
  const ids = await Promise.all([
    first.api.startMigration(hopRequest(middle, { images: ['coming'], ...more })),
    middle.api.startMigration(hopRequest(last, { images: ['leaving'], ...more })),
  ]);
  return { first, middle, last, oracles, initial, ids };
}

/** Waits until the image has one owner, of which its writers have heard; resolves with it. */
async function settledOwner(name: string, oracle: WriterOracle, all: readonly RunningDaemon[]): Promise<RunningDaemon> {
  const owner = await until(`${name} to have one owner`, async () => {
    const roles = await Promise.all(
      all.map(async ({ api }) => (await api.images()).find((image) => image.name === name)),
    );
    const owners = all.filter((_, index) => roles[index]?.owner.role === 'owner');
    expect(owners.length).toBeLessThan(2);
    return roles.every((image) => image?.owner.role !== 'sealed') && owners[0];
  });
  await oracle.acknowledged(20);
  await oracle.stop();
  expect(oracle.url).toBe(owner.api.imageUrl(name));
  return owner;
}

async function expectSettled({ first, middle, last, oracles, initial }: Scene): Promise<RunningDaemon[]> {
  const owners: RunningDaemon[] = [];
  for (const [index, name] of IMAGES.entries()) {
    const oracle = oracles[index];
    const before = initial[index];
    if (oracle === undefined || before === undefined) throw new Error('one for each image');
    const owner = await settledOwner(name, oracle, [first, middle, last]);
    assertIntact(await oracle.verify(await fileBytes(before), await fileBytes(owner.imagePath(name))));
    owners.push(owner);
  }
  return owners;
}

async function bothWaiting({ first, middle, ids }: Scene): Promise<void> {
  await untilState(first.api, ids[0], 'pre-switchover');
  await untilState(middle.api, ids[1], 'pre-switchover');
}

describe('a host that is killed', () => {
  it('with an image on its way in and one on its way out goes on with both', async () => {
    const scene = await comingAndLeaving(stageForTest());
    const { first, middle, last, ids } = scene;
    await bothWaiting(scene);
    await middle.kill();
    await untilState(first.api, ids[0], 'paused');
    await middle.start();
    await Promise.all([first.api.cutover(ids[0]), middle.api.cutover(ids[1])]);
    await untilState(first.api, ids[0], 'completed');
    await untilState(middle.api, ids[1], 'completed');
    expect(await expectSettled(scene)).toEqual([middle, last]);
  });

  const points: readonly FaultPoint[] = [
    'dest.prepare.recorded',
    'dest.commit.recorded',
    'dest.commit.served',
    'dest.taken.forgotten',
    'source.switch.prepared',
    'source.switch.sealed',
    'source.switch.taken',
    'source.release.writers-told',
    'source.release.recorded',
  ];
  it.each(points)('at %s leaves one owner of either image', async (point) => {
    const scene = await comingAndLeaving(stageForTest(), { GODWIT_FAULT: `${point}=kill` });
    const { first, middle, ids } = scene;
    await bothWaiting(scene);
    await Promise.allSettled([first.api.cutover(ids[0]), middle.api.cutover(ids[1])]);
    await middle.process.ended;
    await middle.start({});
    await until('nothing to be on its way', async () => (await switchAll([first, middle])) === 0);
    await expectSettled(scene);
  });
});

describe('a host that is ended in order', () => {
  it('cancels what goes out, keeps what comes in, and loses no write of either', async () => {
    const scene = await comingAndLeaving(stageForTest());
    const { first, middle, ids } = scene;
    await bothWaiting(scene);
    expect(await middle.stop()).toEqual({ code: 0, signal: null });
    await untilState(first.api, ids[0], 'paused');
    await middle.start();
    await first.api.cutover(ids[0]);
    await untilState(first.api, ids[0], 'completed');
    expect(await expectSettled(scene)).toEqual([middle, middle]);
  });
});

/** The record of what is left to send was brought up to date. */
async function checkpointed({ plan }: RunningDaemon): Promise<void> {
  const stateDir = plan.args[plan.args.indexOf('--state-dir') + 1] ?? '';
  const newest = () => {
    const times = [0, 1].map((parity) => statSync(join(stateDir, 'dirty', DISK, `checkpoint.${parity}`)).mtimeMs);
    return Math.max(...times);
  };
  // The one under way may have begun before.
  for (let count = 0; count < 2; count++) {
    const before = newest();
    await until('a checkpoint', () => newest() > before);
  }
}

describe('a host that is killed', () => {
  it('while it sends on what arrived knows from its record what is left to send', async () => {
    const stage = stageForTest();
    const [first, middle, last] = await Promise.all([stage.host(), stage.host(), stage.host()]);
    await openAt(first, (at) => makeMixedImage(at, SIZE_BYTES));
    await hop(first, middle);
    const id = await middle.api.startMigration(hopRequest(last, { cutover: 'manual' }));
    await untilState(middle.api, id, 'pre-switchover');
    await checkpointed(middle);
    await middle.api.write(DISK, 0, Buffer.from('written before it was killed'));
    await middle.kill();
    await middle.start();
    await middle.api.cutover(id);
    const view = await untilState(middle.api, id, 'completed');
    expect(middle.output).toContain('"tasks":["prove"]');
    expect(view.progress.normal).toBeLessThan(SIZE_BYTES / 8);
    expect((await last.api.read(DISK, 0, 7)).toString()).toBe('written');
  });

  const takingBack: readonly FaultPoint[] = ['dest.copy.others-removed', 'dest.copy.claimed', 'dest.copy.recorded'];
  it.each(takingBack)(
    'at %s as it takes an image back is offered it again, and tells where it is until then',
    async (point) => {
      const stage = stageForTest();
      const plan = await stage.plannedHost();
      const [one, two] = [plan, await stage.host()];
      // What comes in first passes none of these points; it is opened here.
      await one.start({ GODWIT_FAULT: `${point}=kill` });
      await openAt(one, (at) => makeMixedImage(at, SIZE_BYTES));
      await hop(one, two);
      // Nothing was accepted: there is nothing to come back for.
      expect((await migrate(two.api, hopRequest(one))).error?.code).toBe('E_PEER_LOST');
      await one.process.ended;
      await one.start({});
      const moved = { code: 'E_MOVED', location: two.api.imageUrl(DISK) };
      expect(await refusalOf(one.api.read(DISK, 0, 1))).toMatchObject(moved);
      await hop(two, one);
      await one.api.write(DISK, 0, Buffer.from('back'));
    },
  );
});

/** Lets everything go on that waits for its operator, some for the second time; how many have not ended. */
async function switchAll(all: readonly RunningDaemon[]): Promise<number> {
  let running = 0;
  for (const { api } of all) {
    for (const { id, role, state, endedAt } of await api.migrations()) {
      if (role === 'source' && state === 'pre-switchover') await api.cutover(id).catch(() => undefined);
      if (endedAt === undefined) running += 1;
    }
  }
  return running;
}
