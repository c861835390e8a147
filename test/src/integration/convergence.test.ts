import { describe, expect, it } from 'vitest';
import { until } from '../harness/condition.js';
import { expectNothingLeft, expectSoundCompletion, expectSourceOwns } from '../harness/expectations.js';
import { keepCopy, makeRandomImage } from '../harness/imageFiles.js';
import { isTerminal, type MigrationRequest } from '../harness/migrationView.js';
import { migrate } from '../harness/moving.js';
import { DISK, type Pair, pairOf } from '../harness/pair.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { fileBytes } from '../oracle/byteSource.js';
import { assertIntact } from '../oracle/replay.js';
import type { WriterOracle } from '../oracle/writerOracle.js';

const MEBIBYTE = 1024 * 1024;
const SIZE_BYTES = 4 * MEBIBYTE;
/** The workload dirties everything several times over in the time that a round takes. */
const LIMIT_BYTES_PER_SEC = 2 * MEBIBYTE;
const WRITE_BYTES_PER_SEC = 12 * MEBIBYTE;

interface BusyPair extends Pair {
  readonly oracle: WriterOracle;
  readonly initial: string;
}

async function busyPair(stage: Stage): Promise<BusyPair> {
  const pair = await pairOf(stage, (path) => makeRandomImage(path, SIZE_BYTES));
  const initial = keepCopy(pair.path, stage.path('initial'));
  const url = pair.source.api.imageUrl(DISK);
  const oracle = stage.writers({ seed: 41, url, sizeBytes: SIZE_BYTES, rateBytesPerSec: WRITE_BYTES_PER_SEC });
  oracle.start();
  await oracle.acknowledged(20);
  return { ...pair, oracle, initial };
}

function requestTo({ destination }: Pair, more: Partial<MigrationRequest>): MigrationRequest {
  return {
    images: [DISK],
    destination: destination.address,
    bandwidthLimit: LIMIT_BYTES_PER_SEC,
    downtimeLimitMs: 50,
    ...more,
  };
}

describe('a workload that writes faster than the link', () => {
  it('ends in an abort that says why, and the source goes on', async () => {
    const stage = stageForTest();
    const pair = await busyPair(stage);
    const view = await migrate(pair.source.api, requestTo(pair, { maxRounds: 3, onStall: 'abort' }));
    expect(view.state).toBe('failed');
    expect(view.error?.code).toBe('E_NO_CONVERGE');
    expect(view.rounds.length).toBeLessThanOrEqual(4);
    await pair.oracle.acknowledged(50);
    await pair.oracle.stop();
    expect(pair.oracle.url).toBe(pair.source.api.imageUrl(DISK));
    expect(pair.oracle.refusals).toEqual(new Map());
    assertIntact(await pair.oracle.verify(await fileBytes(pair.initial), await fileBytes(pair.path)));
    await expectSourceOwns(pair.source);
    await expectNothingLeft(pair.destination);
  });

  it('is switched all the same with force, and loses nothing', async () => {
    const stage = stageForTest();
    const pair = await busyPair(stage);
    const view = await migrate(pair.source.api, requestTo(pair, { maxRounds: 2, onStall: 'force' }));
    expectSoundCompletion(view);
    await pair.oracle.followed();
    await pair.oracle.stop();
    const arrived = await fileBytes(pair.destination.imagePath(DISK));
    assertIntact(await pair.oracle.verify(await fileBytes(pair.initial), arrived));
  });

  it('is noticed without a round limit: what remains does not fall', async () => {
    const stage = stageForTest();
    const pair = await busyPair(stage);
    const { api } = pair.source;
    const id = await api.startMigration(requestTo(pair, { onStall: 'abort' }));
    // 40 s without progress, behind the last that there was.
    const end = async () => {
      const seen = await api.migration(id);
      return isTerminal(seen.state) ? seen : undefined;
    };
    const view = await until('the migration to end', end, 100_000);
    expect(view.state).toBe('failed');
    expect(view.error?.code).toBe('E_NO_CONVERGE');
    await pair.oracle.acknowledged(10);
    await pair.oracle.stop();
    expect(pair.oracle.history.count('unknown')).toBe(0);
  });

  it('ends at the timeout with E_TIMEOUT', async () => {
    const stage = stageForTest();
    const pair = await busyPair(stage);
    const view = await migrate(pair.source.api, requestTo(pair, { timeoutMs: 1500, onStall: 'abort' }));
    expect(view.state).toBe('failed');
    expect(view.error?.code).toBe('E_TIMEOUT');
    await pair.oracle.acknowledged(10);
    await pair.oracle.stop();
    await expectNothingLeft(pair.destination);
  });
});
