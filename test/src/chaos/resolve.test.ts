import { open } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { until } from '../harness/condition.js';
import { expectMovedWhole, expectSourceOwns, refusalOf } from '../harness/expectations.js';
import { Hold } from '../harness/hold.js';
import { makeRandomImage } from '../harness/imageFiles.js';
import { migrateCompletely, untilState } from '../harness/moving.js';
import { DISK, type Pair, pairOf } from '../harness/pair.js';
import { sparseDigestOf } from '../harness/sparseFile.js';
import type { Stage } from '../harness/stage.js';
import type { TcpProxy } from '../harness/tcpProxy.js';
import { stageForTest } from '../harness/testStage.js';

const SIZE_BYTES = 8 * 1024 * 1024;
const FORCED = { yesIKnow: true } as const;

/** Held after the seal; the destination is PREPARED and never hears COMMIT. */
async function sealed(stage: Stage): Promise<{ pair: Pair; id: string; hold: Hold; proxy: TcpProxy }> {
  const hold = new Hold(stage, 'source.switchover.after-seal');
  const pair = await pairOf(stage, (path) => makeRandomImage(path, SIZE_BYTES), { source: { env: hold.env } });
  const proxy = await stage.proxy({ targetPort: pair.destination.plan.port ?? 0 });
  const id = await pair.source.api.startMigration({ images: [DISK], destination: proxy.address });
  await hold.reached(pair.source, id);
  return { pair, id, hold, proxy };
}

/** As sealed, and the destination is gone: the source asks, and nobody answers. */
async function unknownAtSource(stage: Stage): Promise<{ pair: Pair; id: string }> {
  const { pair, id, hold } = await sealed(stage);
  await pair.destination.kill();
  hold.release();
  await untilState(pair.source.api, id, 'outcome-unknown');
  return { pair, id };
}

describe('an outcome that nobody knows', () => {
  it('ends at the source by force, whose word outlives it and outranks the destination', async () => {
    const stage = stageForTest();
    const { pair, id } = await unknownAtSource(stage);
    const { source, destination, path } = pair;
    const before = (await source.api.image(DISK)).owner.epoch;
    await source.api.resolve(id, { forceOwner: 'source', ...FORCED });
    const view = await untilState(source.api, id, 'failed');
    expect(view.error?.code).toBe('E_ABORTED');
    await expectSourceOwns(source);
    expect((await source.api.image(DISK)).owner.epoch).toBe(before + 2);
    expect(source.output).toContain('an operator forces the owner');
    await source.kill();
    await source.start({});
    await expectSourceOwns(source);
    // What is PREPARED there is superseded by the next move of that source.
    await destination.start({});
    await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
    await expectMovedWhole(source, destination, path);
  });

  it('ends at the destination by force: it serves what it has proven', async () => {
    const stage = stageForTest();
    const { pair, id } = await sealed(stage);
    const { source, destination, path } = pair;
    await source.kill();
    await untilState(destination.api, id, 'outcome-unknown');
    await destination.api.resolve(id, { forceOwner: 'destination', ...FORCED });
    await untilState(destination.api, id, 'completed');
    expect(sparseDigestOf(destination.imagePath(DISK))).toBe(sparseDigestOf(path));
    await destination.api.write(DISK, 0, Buffer.from('here now'));
    // The source that comes back asks, and is told.
    await source.start({});
    await untilState(source.api, id, 'completed');
    expect((await source.api.image(DISK)).owner.role).toBe('released');
  });

  it('ends at a destination that was restarted, too', async () => {
    const stage = stageForTest();
    const { pair, id } = await sealed(stage);
    const { source, destination, path } = pair;
    await Promise.all([source.kill(), destination.kill()]);
    await destination.start({});
    await untilState(destination.api, id, 'outcome-unknown');
    await destination.api.resolve(id, { forceOwner: 'destination', ...FORCED });
    expect(Buffer.compare(await destination.api.read(DISK, 4096, 4096), await readFrom(path, 4096, 4096))).toBe(0);
    await destination.kill();
    await destination.start({});
    expect((await destination.api.image(DISK)).owner.role).toBe('owner');
  });

  it('ends at the destination by letting go', async () => {
    const stage = stageForTest();
    const { pair, id, hold } = await sealed(stage);
    const { source, destination } = pair;
    await source.kill();
    hold.release();
    await untilState(destination.api, id, 'outcome-unknown');
    await destination.api.resolve(id, { forceOwner: 'source', ...FORCED });
    await untilState(destination.api, id, 'failed');
    await source.start({});
    await untilState(source.api, id, 'failed');
    await expectSourceOwns(source);
  });

  it('is asked about at once', async () => {
    const stage = stageForTest();
    const { pair, id, hold, proxy } = await sealed(stage);
    const { source } = pair;
    proxy.cut({ refuse: true });
    hold.release();
    // It has just asked in vain for the fifth time, and would ask again in 4 s.
    await until('the fifth try', () => source.output.split('who owns is not known yet').length > 5);
    proxy.mend();
    const askedMs = performance.now();
    await source.api.resolve(id);
    await untilState(source.api, id, 'failed');
    expect(performance.now() - askedMs).toBeLessThan(3000);
    await expectSourceOwns(source);
  });

  it('is not forced by a slip, and not when it is known', async () => {
    const stage = stageForTest();
    const { pair, id } = await unknownAtSource(stage);
    const { source, destination } = pair;
    const slip = await refusalOf(source.api.resolve(id, { forceOwner: 'source' }));
    expect(slip).toMatchObject({ status: 400, code: 'E_USAGE' });
    expect((await source.api.image(DISK)).owner.role).toBe('sealed');
    await destination.start({});
    await untilState(source.api, id, 'failed');
    const late = await refusalOf(source.api.resolve(id, { forceOwner: 'destination', ...FORCED }));
    expect(late).toMatchObject({ status: 409, code: 'E_TOO_LATE' });
    await expectSourceOwns(source);
  });
});

async function readFrom(path: string, offset: number, length: number): Promise<Buffer> {
  const file = await open(path);
  const bytes = Buffer.alloc(length);
  await file.read(bytes, 0, length, offset);
  await file.close();
  return bytes;
}
