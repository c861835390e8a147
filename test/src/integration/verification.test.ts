import { describe, expect, it } from 'vitest';
import { expectMovedWhole, expectSoundCompletion } from '../harness/expectations.js';
import { FrameNumber, type TappedFrame } from '../harness/frameTap.js';
import { makeSparseImage } from '../harness/imageFiles.js';
import type { MigrationView } from '../harness/migrationView.js';
import { migrateCompletely, untilState } from '../harness/moving.js';
import { DISK, type Pair, pairOf } from '../harness/pair.js';
import { sparseDigestOf } from '../harness/sparseFile.js';
import { tamper } from '../harness/tamper.js';
import { stageForTest } from '../harness/testStage.js';

const MEBIBYTE = 1024 * 1024;
const SIZE_BYTES = 16 * MEBIBYTE;
/** The first MiB holds data (makeSparseImage), the middle is a hole. */
const IN_DATA = 300 * 1024 + 7;
const IN_HOLE = 2 * MEBIBYTE + 4096;

interface Tampering {
  readonly pair: Pair;
  readonly view: MigrationView;
}

/**
 * Moves an image and calls `plant` once, at the moment when round 1 was acknowledged whole and nothing
 * of it was read back yet: when the frame that ends the round passes the proxy.
 */
async function moveWith(plant: (pair: Pair) => void, verify: 'full' | 'wire' = 'full'): Promise<Tampering> {
  const stage = stageForTest();
  const pair = await pairOf(stage, (path) => makeSparseImage(path, SIZE_BYTES, 4 * MEBIBYTE));
  let planted = false;
  const watch = ({ type }: TappedFrame): 'pass' => {
    if (type === FrameNumber.RoundEnd && !planted) {
      planted = true;
      plant(pair);
    }
    return 'pass';
  };
  const proxy = await stage.proxy({ targetPort: pair.destination.plan.port ?? 0, watch });
  const view = await migrateCompletely(pair.source.api, { images: [DISK], destination: proxy.address, verify });
  expect(planted).toBe(true);
  return { pair, view };
}

async function expectRepaired({ pair, view }: Tampering): Promise<void> {
  expectSoundCompletion(view);
  expect(view.verified?.mode).toBe('full');
  expect(view.verified?.mismatches).toBeGreaterThanOrEqual(1);
  expect(view.progress.resent).toBeGreaterThan(0);
  await expectMovedWhole(pair.source, pair.destination, pair.path);
}

describe('verification catches, repairs and counts', () => {
  it('a silent difference in data at the destination', async () => {
    const tampering = await moveWith(({ destination }) => tamper(destination.imagePath(DISK), IN_DATA));
    await expectRepaired(tampering);
    expect(tampering.view.verified?.mismatches).toBe(1);
  });

  it('data at the destination where the source has a hole', async () => {
    const tampering = await moveWith(({ destination }) => tamper(destination.imagePath(DISK), IN_HOLE));
    await expectRepaired(tampering);
  });

  it('a difference in the last, short block', async () => {
    const tampering = await moveWith(({ destination }) => tamper(destination.imagePath(DISK), SIZE_BYTES - 3));
    await expectRepaired(tampering);
  });

  it('a write at the source that tracking did not see, in data', async () => {
    await expectRepaired(await moveWith(({ path }) => tamper(path, IN_DATA)));
  });

  it('a write at the source that tracking did not see, into a hole', async () => {
    await expectRepaired(await moveWith(({ path }) => tamper(path, IN_HOLE)));
  });

  it('several at once, at both ends', async () => {
    const tampering = await moveWith(({ path, destination }) => {
      for (let index = 0; index < 4; index++) {
        tamper(path, index * 128 * 1024);
        tamper(destination.imagePath(DISK), index * 128 * 1024 + 64 * 1024);
      }
    });
    await expectRepaired(tampering);
    expect(tampering.view.verified?.mismatches).toBeGreaterThanOrEqual(8);
  });

  it('nothing of that when only the wire was asked for, and does not claim to', async () => {
    const { pair, view } = await moveWith(({ destination }) => tamper(destination.imagePath(DISK), IN_DATA), 'wire');
    expect(view.verify).toBe('wire');
    expect(view.verified?.mode).not.toBe('full');
    expect(sparseDigestOf(pair.destination.imagePath(DISK))).not.toBe(sparseDigestOf(pair.path));
  });

  it('a write past the agent that its writer reported, without counting it', async () => {
    const stage = stageForTest();
    const pair = await pairOf(stage, (path) => makeSparseImage(path, SIZE_BYTES, 4 * MEBIBYTE));
    const request = { images: [DISK], destination: pair.destination.address, cutover: 'manual' } as const;
    const id = await pair.source.api.startMigration(request);
    await untilState(pair.source.api, id, 'pre-switchover');
    tamper(pair.path, IN_HOLE);
    await pair.source.api.markDirty(DISK, [{ offset: IN_HOLE, length: 3 }]);
    await pair.source.api.cutover(id);
    const view = await untilState(pair.source.api, id, 'completed');
    expect(view.verified?.mismatches).toBe(0);
    await expectMovedWhole(pair.source, pair.destination, pair.path);
  });
});
