import { describe, expect, it } from 'vitest';
import { expectMovedWhole, expectNothingLeft, expectSourceOwns } from '../harness/expectations.js';
import { Hold } from '../harness/hold.js';
import { makeMixedImage } from '../harness/imageFiles.js';
import { migrateCompletely, untilState } from '../harness/moving.js';
import type { RunningDaemon } from '../harness/runningDaemon.js';
import type { DestinationOptions, Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { CounterPair, counterOf } from '../oracle/counterPair.js';

const MEBIBYTE = 1024 * 1024;
const FIRST = 'memory';
const SECOND = 'disk';

interface Place {
  readonly source: RunningDaemon;
  readonly destination: RunningDaemon;
  readonly paths: Readonly<Record<typeof FIRST | typeof SECOND, string>>;
}

async function placeOf(stage: Stage, destinationOptions: DestinationOptions = {}): Promise<Place> {
  const paths = { [FIRST]: stage.path('memory.raw'), [SECOND]: stage.path('disk.raw') };
  makeMixedImage(paths[FIRST], 8 * MEBIBYTE, 1);
  makeMixedImage(paths[SECOND], 24 * MEBIBYTE + 17, 2);
  const images = { [FIRST]: `${paths[FIRST]},kind=memory`, [SECOND]: paths[SECOND] };
  const source = await stage.source({ images });
  return { source, destination: await stage.destination(destinationOptions), paths };
}

async function countersAt(agent: RunningDaemon): Promise<{ first: number; second: number }> {
  const [first, second] = await Promise.all([agent.api.read(FIRST, 0, 8), agent.api.read(SECOND, 0, 8)]);
  return { first: counterOf(first), second: counterOf(second) };
}

describe('several images in one migration', () => {
  it('arrive whole', async () => {
    const stage = stageForTest();
    const { source, destination, paths } = await placeOf(stage);
    const view = await migrateCompletely(source.api, { images: [FIRST, SECOND], destination: destination.address });
    expect(view.images).toEqual([FIRST, SECOND]);
    await expectMovedWhole(source, destination, paths[FIRST], FIRST);
    await expectMovedWhole(source, destination, paths[SECOND], SECOND);
    expect((await destination.api.image(FIRST)).kind).toBe('memory');
  });

  it('show one instant to a workload that writes to both', async () => {
    const stage = stageForTest();
    const { source, destination } = await placeOf(stage);
    const workload = new CounterPair(source.api, [FIRST, SECOND]);
    await source.api.write(FIRST, 0, Buffer.alloc(8));
    await source.api.write(SECOND, 0, Buffer.alloc(8));
    workload.start({ follow: false });
    await migrateCompletely(source.api, { images: [FIRST, SECOND], destination: destination.address });
    await workload.ended();
    const { first, second } = await countersAt(destination);
    expect(first).toBeGreaterThan(0);
    expect([0, 1]).toContain(first - second);
    expect({ first, second }).toEqual(lastAcknowledged(workload));
  });

  it('are never owned by both ends: nothing is taken at the source once the destination took a write', async () => {
    const stage = stageForTest();
    const { source, destination } = await placeOf(stage);
    const pairs = [new CounterPair(source.api, [FIRST, SECOND]), new CounterPair(source.api, [SECOND, FIRST])];
    for (const pair of pairs) pair.start({ follow: true });
    await migrateCompletely(source.api, { images: [FIRST, SECOND], destination: destination.address });
    for (const pair of pairs) await pair.stop();
    const writes = pairs.flatMap((pair) => pair.writes);
    const there = writes.filter(({ agentUrl }) => agentUrl === destination.api.url);
    const takenThereAtMs = Math.min(...there.map(({ answeredAtMs }) => answeredAtMs));
    const late = writes.filter(({ agentUrl, sentAtMs }) => agentUrl === source.api.url && sentAtMs > takenThereAtMs);
    expect(late).toEqual([]);
  });

  it('hand over all or none: a destination that dies before it owns leaves both with the source', async () => {
    const stage = stageForTest();
    const hold = new Hold(stage, 'dest.before-prepared');
    const { source, destination } = await placeOf(stage, { env: hold.env });
    const request = { images: [FIRST, SECOND], destination: destination.address };
    const id = await source.api.startMigration(request);
    await hold.reached(source, id);
    await destination.kill();
    await untilState(source.api, id, 'failed');
    await expectSourceOwns(source, FIRST);
    await expectSourceOwns(source, SECOND);
    await destination.start({});
    await expectNothingLeft(destination, FIRST);
    await expectNothingLeft(destination, SECOND);
  });
});

function lastAcknowledged({ writes }: CounterPair): { first: number; second: number } {
  const lastOf = (image: string): number => writes.findLast((write) => write.image === image)?.value ?? 0;
  return { first: lastOf(FIRST), second: lastOf(SECOND) };
}
