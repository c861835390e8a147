import { describe, expect, it } from 'vitest';
import { expectMovedWhole, expectSoundCompletion } from '../harness/expectations.js';
import { makeRandomImage } from '../harness/imageFiles.js';
import { migrateCompletely } from '../harness/moving.js';
import { DISK, pairOf } from '../harness/pair.js';
import { stageForTest } from '../harness/testStage.js';

const MEBIBYTE = 1024 * 1024;
/**
 * A fifth of 1 Gbit/s with five times 25 ms of round trip: as many bytes on the way as there, 3 extents, at a
 * rate that a busy machine keeps up with. What is asked is the window, not the machine's speed.
 */
const RATE_BYTES_PER_SEC = 25_000_000;
const ONE_WAY_MS = 62.5;
const PRODUCT_BYTES = (RATE_BYTES_PER_SEC * 2 * ONE_WAY_MS) / 1000;

describe('over a long wire', () => {
  for (const lanes of [1, undefined]) {
    it(`${lanes ?? 'as many'} lanes${lanes === undefined ? ' as it likes' : ''} keep it full, and everything arrives`, async () => {
      const stage = stageForTest();
      const { source, destination, path } = await pairOf(stage, (file) => makeRandomImage(file, 32 * MEBIBYTE));
      const wire = { delayMs: ONE_WAY_MS, rateBytesPerSec: RATE_BYTES_PER_SEC };
      const proxy = await stage.delayProxy({ ...wire, targetPort: destination.plan.port ?? 0 });
      const request = { images: [DISK], destination: proxy.address, ...(lanes === undefined ? {} : { lanes }) };
      const view = await migrateCompletely(source.api, request);
      expectSoundCompletion(view);
      expect(view.verified).toMatchObject({ mode: 'full', mismatches: 0 });
      await expectMovedWhole(source, destination, path);
      expect(proxy.passedBytes.toDestination).toBeGreaterThan(32 * MEBIBYTE);
      // Unanswered bytes on the wire, at least: with less of them the wire stands idle while answers are under way.
      expect(proxy.peakInFlightBytes).toBeGreaterThan(PRODUCT_BYTES);
    });
  }
});
