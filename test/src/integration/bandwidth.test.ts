import { describe, expect, it } from 'vitest';
import { until } from '../harness/condition.js';
import { expectMovedWhole } from '../harness/expectations.js';
import { makeRandomImage } from '../harness/imageFiles.js';
import { migrateCompletely, untilState } from '../harness/moving.js';
import { DISK, pairOf } from '../harness/pair.js';
import { bytesBetween } from '../harness/tcpProxy.js';
import { stageForTest } from '../harness/testStage.js';

const MEBIBYTE = 1024 * 1024;
const LIMIT_BYTES_PER_SEC = 12 * MEBIBYTE;
const WINDOW_MS = 10_000;

describe('the bandwidth cap', () => {
  for (const lanes of [1, 4]) {
    it(`holds within 5% over 10 s, counted in bytes on the wire of ${lanes} lanes`, async () => {
      const stage = stageForTest();
      const { source, destination, path } = await pairOf(stage, (file) => makeRandomImage(file, 160 * MEBIBYTE));
      const proxy = await stage.proxy({ targetPort: destination.plan.port ?? 0 });
      const request = { images: [DISK], destination: proxy.address, bandwidthLimit: LIMIT_BYTES_PER_SEC, lanes };
      const id = await source.api.startMigration(request);
      // What may be sent at once at the start (the bucket's depth) is over after the first second.
      await until('a second of traffic', () => proxy.passedBytes.toDestination > LIMIT_BYTES_PER_SEC);
      const startMs = performance.now();
      await until('10 s of traffic', () => performance.now() > startMs + WINDOW_MS);
      const passed = bytesBetween(proxy.samples, startMs, startMs + WINDOW_MS);
      expect((await source.api.migration(id)).state).toBe('active');
      const expected = (LIMIT_BYTES_PER_SEC * WINDOW_MS) / 1000;
      expect(passed).toBeGreaterThan(expected * 0.95);
      expect(passed).toBeLessThan(expected * 1.05);
      await untilState(source.api, id, 'completed');
      await expectMovedWhole(source, destination, path);
    });
  }

  it('is what wireBytes counts', async () => {
    const stage = stageForTest();
    const { source, destination } = await pairOf(stage, (file) => makeRandomImage(file, 32 * MEBIBYTE));
    const proxy = await stage.proxy({ targetPort: destination.plan.port ?? 0 });
    const view = await migrateCompletely(source.api, { images: [DISK], destination: proxy.address });
    const passed = proxy.passedBytes.toDestination;
    expect(Math.abs(view.progress.wireBytes - passed)).toBeLessThan(passed * 0.02);
  });
});
