import { describe, expect, it } from 'vitest';
import { until } from '../harness/condition.js';
import { keepCopy, makeMixedImage } from '../harness/imageFiles.js';
import { isTerminal, type MigrationView } from '../harness/migrationView.js';
import { migrate } from '../harness/moving.js';
import { DISK, type Pair, pairOf } from '../harness/pair.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { fileBytes } from '../oracle/byteSource.js';
import { assertIntact } from '../oracle/replay.js';
import type { WriterOracle } from '../oracle/writerOracle.js';

const MEBIBYTE = 1024 * 1024;
const SIZE_BYTES = 8 * MEBIBYTE + 4321;

interface StorageFault {
  readonly side: 'source' | 'destination';
  /** GODWIT_FAULT of that side. */
  readonly fault: string;
  /** What the migration may end with; completed where the fault need not end it. */
  readonly ends: readonly (string | undefined)[];
}

/** Of one call, or of all from then on; in each state that has calls which can fail. */
const FAULTS: readonly StorageFault[] = [
  // The copy is made.
  { side: 'destination', fault: 'dest.file.make=EROFS', ends: ['E_IO'] },
  { side: 'destination', fault: 'dest.file.size=ENOSPC', ends: ['E_DISK_FULL'] },
  { side: 'destination', fault: 'dest.folder.sync=EIO', ends: ['E_IO'] },
  { side: 'destination', fault: 'dest.room.reserve=ENOSPC', ends: ['E_DISK_FULL'] },
  { side: 'destination', fault: 'dest.room.reserve=EIO', ends: [undefined] },
  // The record of it: passing 1 is the agent's own start.
  { side: 'destination', fault: 'ownership.write=ENOSPC@1', ends: ['E_STATE_DIR'] },
  { side: 'destination', fault: 'ownership.written=EIO@2', ends: ['E_STATE_DIR'] },
  // Data arrives.
  { side: 'destination', fault: 'file.write=ENOSPC@3+', ends: ['E_DISK_FULL'] },
  { side: 'destination', fault: 'file.write=EIO@3', ends: ['E_IO'] },
  { side: 'destination', fault: 'file.write=EROFS@3+', ends: ['E_IO'] },
  { side: 'destination', fault: 'file.write=EDQUOT@3+', ends: ['E_DISK_FULL'] },
  { side: 'destination', fault: 'file.zero=EIO', ends: ['E_IO'] },
  { side: 'destination', fault: 'file.sync=EIO@1', ends: ['E_IO'] },
  { side: 'destination', fault: 'file.sync=ENOSPC@1', ends: ['E_DISK_FULL'] },
  { side: 'destination', fault: 'file.read=EIO@2', ends: ['E_IO'] },
  // PREPARED, OWNER.
  { side: 'destination', fault: 'ownership.write=ENOSPC@3', ends: ['E_STATE_DIR', undefined] },
  { side: 'destination', fault: 'ownership.write=EIO@4', ends: ['E_STATE_DIR', undefined] },
  { side: 'destination', fault: 'ownership.written=EIO@4', ends: ['E_STATE_DIR', undefined] },
  { side: 'destination', fault: 'ownership.write=EIO@5', ends: ['E_STATE_DIR', undefined] },
  // The source's state directory.
  { side: 'source', fault: 'source.journal.write=ENOSPC', ends: ['E_STATE_DIR'] },
  { side: 'source', fault: 'record.make=ENOSPC', ends: [undefined] },
  { side: 'source', fault: 'record.log.write=ENOSPC@2', ends: [undefined] },
  { side: 'source', fault: 'record.checkpoint.collected=EIO', ends: [undefined] },
  { side: 'source', fault: 'ownership.write=ENOSPC@2', ends: ['E_STATE_DIR', 'E_ABORTED', undefined] },
  { side: 'source', fault: 'ownership.write=EIO@3', ends: ['E_STATE_DIR', 'E_ABORTED', undefined] },
  // Whether a record is written for the measure of it before it is SEALED's turn is a matter of time.
  {
    side: 'source',
    fault: 'ownership.write=EROFS@2+,ownership.create=EROFS@3+',
    ends: ['E_OUTCOME_UNKNOWN', 'E_STATE_DIR', 'E_ABORTED'],
  },
  { side: 'source', fault: 'ownership.written=EIO@2', ends: ['E_STATE_DIR', 'E_ABORTED', undefined] },
  { side: 'source', fault: 'ownership.written=EIO@3', ends: ['E_STATE_DIR', 'E_ABORTED', undefined] },
  // The image itself.
  { side: 'source', fault: 'file.read=EIO@3', ends: ['E_IO'] },
];

interface Loaded {
  readonly pair: Pair;
  readonly oracle: WriterOracle;
  readonly initial: string;
}

async function underLoad(stage: Stage, { side, fault }: StorageFault): Promise<Loaded> {
  const options = { [side]: { env: { GODWIT_FAULT: fault, GODWIT_NO_REHEARSAL: '1' } } };
  const pair = await pairOf(stage, (path) => makeMixedImage(path, SIZE_BYTES), options);
  const initial = keepCopy(pair.path, stage.path('initial'));
  const oracle = stage.writers({
    seed: 1,
    url: pair.source.api.imageUrl(DISK),
    sizeBytes: SIZE_BYTES,
    rateBytesPerSec: MEBIBYTE,
    zeroShare: 0.05,
    discardShare: 0.05,
  });
  oracle.start();
  await oracle.acknowledged(20);
  return { pair, oracle, initial };
}

function request({ destination }: Pair) {
  // Reading each block back, on two lanes: calls of every kind happen.
  return { images: [DISK], destination: destination.address, downtimeLimitMs: 500, patienceMs: 3000, lanes: 2 };
}

/** It has ended, or would end if what is known could be recorded. */
async function ended({ source }: Pair, id: string, oracle: WriterOracle): Promise<MigrationView> {
  return until('the migration to end', async () => {
    const view = await source.api.migration(id);
    if (view.state === 'outcome-unknown') await oracle.acknowledged(20);
    return isTerminal(view.state) || view.state === 'outcome-unknown' ? source.api.migration(id) : undefined;
  });
}

describe('storage that fails', () => {
  it.each(FAULTS)('at the $side ($fault) is named, and costs no write and no owner', async (storage) => {
    const stage = stageForTest();
    const { pair, oracle, initial } = await underLoad(stage, storage);
    const { source, destination } = pair;
    const view = await ended(pair, await source.api.startMigration(request(pair)), oracle);
    // A source that has lost its lanes first comes back, and is told why in the words of E_ABORTED.
    const isOfRecord = view.error?.message.includes('state directory') === true;
    expect(storage.ends, JSON.stringify(view.error)).toContain(isOfRecord ? 'E_STATE_DIR' : view.error?.code);
    // Both live, and the workload is served by whoever owns.
    expect([source.process.end, destination.process.end]).toEqual([undefined, undefined]);
    await oracle.acknowledged(20);
    if (view.state !== 'completed') {
      // Somebody has mended it.
      const mended = storage.side === 'source' ? source : destination;
      expect((await mended.stop()).code).toBe(0);
      await mended.start({});
      await until('the source to own, with nothing on its way', async () => {
        const [image, others] = await Promise.all([source.api.image(DISK), source.api.migrations()]);
        return image.owner.role === 'owner' && others.every(({ state }) => isTerminal(state));
      });
      const again = await migrate(source.api, request(pair));
      expect(again.error).toBeUndefined();
    }
    await oracle.followed();
    await oracle.acknowledged(20);
    await oracle.stop();
    expect(oracle.refusals).toEqual(new Map());
    expect((await source.api.image(DISK)).owner.role).toBe('released');
    assertIntact(await oracle.verify(await fileBytes(initial), await fileBytes(destination.imagePath(DISK))));
  });
});
