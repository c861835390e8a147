import { describe, expect, it } from 'vitest';
import { expectMovedWhole, expectSoundCompletion, refusalOf } from '../harness/expectations.js';
import { makeMixedImage } from '../harness/imageFiles.js';
import { untilState } from '../harness/moving.js';
import { DISK, pairOf } from '../harness/pair.js';
import { stageForTest } from '../harness/testStage.js';

const SIZE_BYTES = 24 * 1024 * 1024;
const make = (path: string): void => makeMixedImage(path, SIZE_BYTES);

describe('two migrations at once', () => {
  it('arrive at one destination from one source', async () => {
    const stage = stageForTest();
    const paths = { one: stage.path('one.raw'), two: stage.path('two.raw') };
    makeMixedImage(paths.one, SIZE_BYTES, 1);
    makeMixedImage(paths.two, SIZE_BYTES, 2);
    const [source, destination] = await Promise.all([stage.source({ images: paths }), stage.destination()]);
    const start = (name: string) => source.api.startMigration({ images: [name], destination: destination.address });
    const ids = await Promise.all([start('one'), start('two')]);
    for (const id of ids) expectSoundCompletion(await untilState(source.api, id, 'completed'));
    await expectMovedWhole(source, destination, paths.one, 'one');
    await expectMovedWhole(source, destination, paths.two, 'two');
  });

  it('arrive at one destination from two sources', async () => {
    const stage = stageForTest();
    const { source, destination, path } = await pairOf(stage, make);
    const otherPath = stage.path('other.raw');
    makeMixedImage(otherPath, SIZE_BYTES, 9);
    const other = await stage.source({ images: { other: otherPath } });
    const first = await source.api.startMigration({ images: [DISK], destination: destination.address });
    const second = await other.api.startMigration({ images: ['other'], destination: destination.address });
    await untilState(source.api, first, 'completed');
    await untilState(other.api, second, 'completed');
    await expectMovedWhole(source, destination, path);
    await expectMovedWhole(other, destination, otherPath, 'other');
    expect((await destination.api.migrations()).map(({ id }) => id).sort()).toEqual([first, second].sort());
  });

  it('of one image are refused, and the first goes on', async () => {
    const stage = stageForTest();
    const { source, destination, path } = await pairOf(stage, make);
    const request = { images: [DISK], destination: destination.address, cutover: 'manual' } as const;
    const first = await source.api.startMigration(request);
    await untilState(source.api, first, 'pre-switchover');
    expect(await refusalOf(source.api.startMigration(request))).toMatchObject({ status: 409, code: 'E_BUSY_IMAGE' });
    expect(await refusalOf(source.api.closeImage(DISK))).toMatchObject({ status: 409, code: 'E_BUSY_IMAGE' });
    await source.api.cutover(first);
    await untilState(source.api, first, 'completed');
    await expectMovedWhole(source, destination, path);
  });

  it('of one name from two sources are refused at the destination', async () => {
    const stage = stageForTest();
    const { source, destination, path } = await pairOf(stage, make);
    const otherPath = stage.path('other.raw');
    makeMixedImage(otherPath, SIZE_BYTES, 9);
    const other = await stage.source({ images: { [DISK]: otherPath } });
    const request = { images: [DISK], destination: destination.address, cutover: 'manual' } as const;
    const first = await source.api.startMigration(request);
    await untilState(source.api, first, 'pre-switchover');
    const second = await other.api.startMigration(request);
    const refused = await untilState(other.api, second, 'failed');
    expect(refused.error?.code).toMatch(/^E_(BUSY_IMAGE|EXISTS|PEER)$/);
    await other.api.write(DISK, 0, Buffer.from('mine'));
    await source.api.cutover(first);
    await untilState(source.api, first, 'completed');
    await expectMovedWhole(source, destination, path);
  });

  it('a moved image is not moved again by the one that released it', async () => {
    const stage = stageForTest();
    const { source, destination } = await pairOf(stage, make);
    const request = { images: [DISK], destination: destination.address };
    await untilState(source.api, await source.api.startMigration(request), 'completed');
    const refusal = await refusalOf(source.api.startMigration(request));
    expect(refusal.code).toMatch(/^E_(MOVED|NOT_OWNER)$/);
    expect((await destination.api.image(DISK)).owner.role).toBe('owner');
  });
});
