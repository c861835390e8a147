import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { certsFor } from '../harness/certs.js';
import { until } from '../harness/condition.js';
import { expectSourceOwns, refusalOf } from '../harness/expectations.js';
import { expectOneOwner, expectWritten, hop, hopRequest, hosts, openAt } from '../harness/hosts.js';
import { keepCopy, makeMixedImage, makeRandomImage } from '../harness/imageFiles.js';
import { migrate, untilState } from '../harness/moving.js';
import { DISK } from '../harness/pair.js';
import { recordedRole } from '../harness/recordedRole.js';
import type { RunningDaemon } from '../harness/runningDaemon.js';
import { sparseDigestOf } from '../harness/sparseFile.js';
import type { HostOptions, Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';

const MEBIBYTE = 1024 * 1024;
const SIZE_BYTES = 16 * MEBIBYTE + 4321;

describe('agents with both roles', () => {
  it('pass an image round under writers, twice, and none of them is restarted', async () => {
    const stage = stageForTest();
    const all = await hosts(stage, 3);
    const [one, two, three] = all;
    if (one === undefined || two === undefined || three === undefined) throw new Error('three hosts are needed');
    const path = await openAt(one, (at) => makeMixedImage(at, SIZE_BYTES));
    const initial = keepCopy(path, stage.path('initial'));
    const oracle = stage.writers({
      seed: 1,
      url: one.api.imageUrl(DISK),
      sizeBytes: SIZE_BYTES,
      rateBytesPerSec: MEBIBYTE,
      hot: { share: 0.95, bytes: MEBIBYTE },
      zeroShare: 0.05,
      discardShare: 0.05,
    });
    const wireBytes: number[] = [];
    const round = [one, two, three, one, two, three, one];
    const pids = all.map(({ pid }) => pid);
    for (const [index, from] of round.slice(0, -1).entries()) {
      const to = round[index + 1] ?? one;
      oracle.start();
      await oracle.acknowledged(20);
      const view = await hop(from, to);
      wireBytes.push(view.progress.wireBytes);
      await oracle.acknowledged(20);
      await oracle.stop();
      await expectWritten(oracle, initial, to);
      await expectOneOwner(all, to);
      expect((await to.api.image(DISK)).owner.epoch).toBe(index + 2);
      expect(oracle.url).toBe(to.api.imageUrl(DISK));
    }
    expect(all.map(({ pid, process }) => process.end ?? pid)).toEqual(pids);
    // The first two have nothing to begin with; all others what was written since.
    for (const bytes of wireBytes.slice(0, 2)) expect(bytes).toBeGreaterThan(SIZE_BYTES * 0.4);
    for (const bytes of wireBytes.slice(2)) expect(bytes).toBeLessThan(SIZE_BYTES * 0.4);
  });
});

async function pairOfHosts(stage: Stage, options: HostOptions = {}): Promise<[RunningDaemon, RunningDaemon]> {
  const [one, two] = await hosts(stage, 2, options);
  if (one === undefined || two === undefined) throw new Error('two hosts are needed');
  return [one, two];
}

describe('an agent with both roles', () => {
  it('sends one image and receives another from the same peer at the same time', async () => {
    const stage = stageForTest();
    const [one, two] = await pairOfHosts(stage);
    const paths = {
      east: await openAt(one, (at) => makeMixedImage(at, SIZE_BYTES, 2), 'east'),
      west: await openAt(two, (at) => makeMixedImage(at, SIZE_BYTES, 3), 'west'),
    };
    const before = { east: sparseDigestOf(paths.east), west: sparseDigestOf(paths.west) };
    // Held until both are on their way.
    const more = { cutover: 'manual' } as const;
    const ids = await Promise.all([
      one.api.startMigration(hopRequest(two, { images: ['east'], ...more })),
      two.api.startMigration(hopRequest(one, { images: ['west'], ...more })),
    ]);
    await Promise.all([untilState(one.api, ids[0], 'pre-switchover'), untilState(two.api, ids[1], 'pre-switchover')]);
    const seen = await one.api.migrations();
    expect(seen.map(({ id, role }) => `${id} ${role}`).sort()).toEqual(
      [`${ids[0]} source`, `${ids[1]} destination`].sort(),
    );
    expect(await one.api.metrics()).toMatch(/^godwit_migrations_active\{role="host"\} 2$/m);
    expect((await refusalOf(one.api.cutover(ids[1]))).code).toBe('E_TOO_LATE');
    await Promise.all([one.api.cutover(ids[0]), two.api.cutover(ids[1])]);
    await Promise.all([untilState(one.api, ids[0], 'completed'), untilState(two.api, ids[1], 'completed')]);
    expect(sparseDigestOf(two.imagePath('east'))).toBe(before.east);
    expect(sparseDigestOf(one.imagePath('west'))).toBe(before.west);
    await expectOneOwner([one, two], two, 'east');
    await expectOneOwner([one, two], one, 'west');
  });

  it('tells who asks for an image that left where it is, whatever becomes of an offer to take it back', async () => {
    const stage = stageForTest();
    const [one, two] = await pairOfHosts(stage);
    await openAt(one, (at) => makeRandomImage(at, SIZE_BYTES, 4));
    await hop(one, two);
    const location = two.api.imageUrl(DISK);
    const moved = { status: 421, code: 'E_MOVED', location };
    const expectMoved = async () => {
      expect(await refusalOf(one.api.write(DISK, 0, Buffer.alloc(1)))).toMatchObject(moved);
      expect(await refusalOf(one.api.read(DISK, 0, 1))).toMatchObject(moved);
      expect(await refusalOf(one.api.startMigration(hopRequest(two)))).toMatchObject(moved);
      expect((await one.api.image(DISK)).location).toBe(location);
    };
    await expectMoved();
    // Refused before anything was claimed: a file that is no image stands in the way.
    renameSync(one.imagePath(DISK), stage.path('aside'));
    writeFileSync(one.imagePath(DISK), 'somebody else’s');
    expect((await migrate(two.api, hopRequest(one))).error?.code).toBe('E_EXISTS');
    await expectMoved();
    rmSync(one.imagePath(DISK));
    // Claimed, and cancelled.
    const id = await two.api.startMigration(hopRequest(one, { cutover: 'manual' }));
    await untilState(two.api, id, 'pre-switchover');
    await expectMoved();
    await two.api.cancel(id);
    await untilState(two.api, id, 'cancelled');
    await until('the copy to be given up', () => recordedRole(one) === 'aborted');
    await expectMoved();
    await one.kill();
    await one.start();
    await expectMoved();
    await hop(two, one);
    await one.api.write(DISK, 0, Buffer.from('back'));
  });

  it('sends a group of images that arrived on as one', async () => {
    const stage = stageForTest();
    const [one, two] = await pairOfHosts(stage);
    const images = ['memory', 'first', 'second'];
    for (const [index, name] of images.entries()) {
      await openAt(one, (at) => makeMixedImage(at, 4 * MEBIBYTE, index + 1), name);
    }
    const before = images.map((name) => sparseDigestOf(one.imagePath(name)));
    await hop(one, two, { images });
    await two.api.write('first', 0, Buffer.from('there'));
    await two.api.write('first', 0, readFileSync(one.imagePath('first')).subarray(0, 5));
    await hop(two, one, { images });
    expect(images.map((name) => sparseDigestOf(one.imagePath(name)))).toEqual(before);
    for (const name of images) await expectOneOwner([one, two], one, name);
  });

  it('refuses to move an image to itself, by whatever name', async () => {
    const stage = stageForTest();
    const one = await stage.host();
    await openAt(one, (at) => makeRandomImage(at, MEBIBYTE));
    const refusal = await refusalOf(one.api.startMigration(hopRequest(one)));
    expect(refusal).toMatchObject({ status: 400, code: 'E_USAGE' });
    expect(refusal.message).toContain(`${one.address} is this agent itself`);
    expect(await refusalOf(one.api.startMigration({ ...hopRequest(one), destination: `localhost:${one.plan.port}` }))) //
      .toMatchObject({ code: 'E_USAGE' });
    const proxy = await stage.proxy({ targetPort: one.plan.port ?? 0 });
    const { state, error } = await migrate(one.api, { ...hopRequest(one), destination: proxy.address });
    expect(state).toBe('failed');
    expect(error).toMatchObject({ code: 'E_USAGE' });
    await expectSourceOwns(one);
  });

  it('receives and sends on within TLS, and tells writers https', async () => {
    const stage = stageForTest();
    const certs = await certsFor(stage);
    const [one, two] = await Promise.all([stage.host({ args: certs.source }), stage.host({ args: certs.destination })]);
    const path = await openAt(one, (at) => makeMixedImage(at, MEBIBYTE));
    const before = sparseDigestOf(path);
    await hop(one, two);
    expect((await one.api.image(DISK)).location).toBe(two.api.imageUrl(DISK));
    expect(two.api.imageUrl(DISK)).toMatch(/^https:/);
    await hop(two, one);
    expect(sparseDigestOf(path)).toBe(before);
    await expectSourceOwns(one);
  });

  it('lets go of an image that arrived when it is told to, and opens it again', async () => {
    const stage = stageForTest();
    const [one, two] = await pairOfHosts(stage);
    await openAt(one, (at) => makeRandomImage(at, MEBIBYTE));
    await hop(one, two);
    await two.api.closeImage(DISK);
    expect((await refusalOf(two.api.read(DISK, 0, 1))).code).toBe('E_NOT_OWNER');
    expect((await refusalOf(two.api.startMigration(hopRequest(one)))).code).toBe('E_NOT_OWNER');
    await two.api.openImage(DISK, two.imagePath(DISK));
    await hop(two, one);
    await expectOneOwner([one, two], one);
  });

  it('counts what is written to an image in each of its lives here', async () => {
    const stage = stageForTest();
    const [one, two] = await pairOfHosts(stage);
    await openAt(one, (at) => makeRandomImage(at, MEBIBYTE));
    const writes = async () =>
      Number(/^godwit_image_writes_total\{image="disk".*\} (\d+)$/m.exec(await one.api.metrics())?.[1]);
    for (let count = 0; count < 3; count++) await one.api.write(DISK, 0, Buffer.alloc(1));
    expect(await writes()).toBe(3);
    await hop(one, two);
    await hop(two, one);
    await one.api.write(DISK, 0, Buffer.alloc(1));
    expect(await writes()).toBe(1);
  });
});
