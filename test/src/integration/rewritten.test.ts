import { describe, expect, it } from 'vitest';
import { expectSoundCompletion } from '../harness/expectations.js';
import { keepCopy, makeRandomImage } from '../harness/imageFiles.js';
import { migrate } from '../harness/moving.js';
import { DISK, pairOf } from '../harness/pair.js';
import { stageForTest } from '../harness/testStage.js';
import { fileBytes } from '../oracle/byteSource.js';
import { assertIntact } from '../oracle/replay.js';
import { bytesWritten, wireBytesAfterFirst } from '../oracle/resending.js';

const MEBIBYTE = 1024 * 1024;
const SIZE_BYTES = 40 * MEBIBYTE;
const BLOCK_BYTES = 65_536;
const LIMIT_BYTES_PER_SEC = 8 * MEBIBYTE;

describe('a workload that writes a tenth of the image all the time', () => {
  for (const share of [0.25, 0.5]) {
    it(`at ${share} of the bandwidth is sent about once, and loses nothing`, async () => {
      const stage = stageForTest();
      const { source, destination, path } = await pairOf(stage, (file) => makeRandomImage(file, SIZE_BYTES));
      const initial = keepCopy(path, stage.path('initial'));
      const url = source.api.imageUrl(DISK);
      const oracle = stage.writers({
        seed: 77,
        url,
        sizeBytes: SIZE_BYTES,
        rateBytesPerSec: share * LIMIT_BYTES_PER_SEC,
        hot: { share: 0.9, bytes: SIZE_BYTES / 10 },
        alignBytes: BLOCK_BYTES,
        shortestWriteBytes: BLOCK_BYTES,
        longestWriteBytes: BLOCK_BYTES,
      });
      oracle.start();
      await oracle.acknowledged(10);
      const view = await migrate(source.api, {
        images: [DISK],
        destination: destination.address,
        bandwidthLimit: LIMIT_BYTES_PER_SEC,
        downtimeLimitMs: 300,
      });
      expectSoundCompletion(view);
      await oracle.followed();
      await oracle.stop();
      assertIntact(await oracle.verify(await fileBytes(initial), await fileBytes(destination.imagePath(DISK))));
      // 1.2 at a quarter and 1.5 at half of the bandwidth when every round sends all that is dirty.
      const writtenBytes = bytesWritten(oracle.history.records, url, BLOCK_BYTES);
      expect(wireBytesAfterFirst(view) / writtenBytes).toBeLessThan(1.25);
    });
  }
});
