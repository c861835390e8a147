import { expect, it } from 'vitest';
import { Host } from '../harness/host.js';
import { keepCopy, makeMixedImage } from '../harness/imageFiles.js';
import { untilState } from '../harness/moving.js';
import { DISK } from '../harness/pair.js';
import { stageForTest } from '../harness/testStage.js';
import { fileBytes } from '../oracle/byteSource.js';
import { assertIntact } from '../oracle/replay.js';

const MEBIBYTE = 1024 * 1024;
const SIZE_BYTES = 16 * MEBIBYTE + 4321;
/** GODWIT_TEST_HOPS=100 for more. */
const HOPS = Number(process.env['GODWIT_TEST_HOPS'] ?? '50');

it(`an image goes from host to host and back, ${HOPS} hops under writers, and what is known there does not travel again`, async () => {
  const stage = stageForTest();
  let here = await Host.make(stage, 'one');
  let there = await Host.make(stage, 'two');
  makeMixedImage(here.imagePath, SIZE_BYTES);
  const initial = keepCopy(here.imagePath, stage.path('initial'));
  await Promise.all([here.beSource(), there.beDestination()]);
  const oracle = stage.writers({
    seed: 1,
    url: here.source.api.imageUrl(DISK),
    sizeBytes: SIZE_BYTES,
    rateBytesPerSec: MEBIBYTE,
    hot: { share: 0.95, bytes: MEBIBYTE },
    zeroShare: 0.05,
    discardShare: 0.05,
  });
  const wireBytes: number[] = [];
  for (let hop = 1; hop <= HOPS; hop++) {
    oracle.start();
    await oracle.acknowledged(20);
    const id = await here.source.api.startMigration({
      images: [DISK],
      destination: there.destination.address,
      downtimeLimitMs: 500,
      patienceMs: 60_000,
    });
    const view = await untilState(here.source.api, id, 'completed');
    expect(view.verified).toMatchObject({ mode: 'full', mismatches: 0 });
    wireBytes.push(view.progress.wireBytes);
    await oracle.acknowledged(20);
    await oracle.stop();
    expect(oracle.refusals).toEqual(new Map());
    expect((await there.destination.api.image(DISK)).owner).toEqual({ role: 'owner', epoch: hop + 1 });
    assertIntact(await oracle.verify(await fileBytes(initial), await fileBytes(there.imagePath)));
    [here, there] = [there, here];
    await Promise.all([here.beSource(), there.beDestination()]);
  }
  const mebibytes = wireBytes.map((bytes) => (bytes / MEBIBYTE).toFixed(1));
  console.log(
    `MiB over the wire, hop by hop, of an image of ${(SIZE_BYTES / MEBIBYTE).toFixed(1)}: ${mebibytes.join(' ')}`,
  );
  // The first has nothing to begin with; each later one what was written in two hops.
  expect(wireBytes[0]).toBeGreaterThan(SIZE_BYTES * 0.4);
  for (const bytes of wireBytes.slice(1)) expect(bytes).toBeLessThan(SIZE_BYTES * 0.4);
}, 1_200_000);
