import { RateLimiter } from '@godwit/transport';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fakeLane } from '../testing/fakeLane.js';
import { scratchImages } from '../testing/scratchImage.js';
import { LaneImage } from './laneImage.js';
import type { LaneOutlet } from './laneOutlet.js';

const image = scratchImages();
const live = image(64 * 4096, 4096);
const source = new LaneImage(0, live.handle());

function put(outlet: LaneOutlet, payloadBytes: number): Promise<number> {
  const run = source.run(0, 1);
  const header = (seq: number) => ({ seq, image: 0, offset: 0, length: run.length });
  return outlet.put({ type: 'Check', kind: 'check', image: source, run, header, payload: Buffer.alloc(payloadBytes) });
}

describe('an outlet', () => {
  it('has never more unacknowledged than its window', async () => {
    const sizes = fc.array(
      fc.integer({ min: 1, max: 256 }).map((digests) => digests * 8),
      { minLength: 1, maxLength: 80 },
    );
    const property = fc.asyncProperty(sizes, fc.integer({ min: 2200, max: 9000 }), async (lengths, windowBytes) => {
      const { socket, outlet, window } = await fakeLane({ windowBytes, slotBytes: 4096, room: 100 });
      for (const [index, length] of lengths.entries()) expect(await put(outlet, length)).toBe(index + 1);
      await window.emptied();
      expect(socket.mostBytes).toBeLessThanOrEqual(windowBytes);
      expect(socket.frames.length).toBe(lengths.length);
    });
    await fc.assert(property, { numRuns: 40 });
  });

  it('does not go on when its connection ends while the rate cap holds a frame back', async () => {
    const limiter = new RateLimiter({ bytesPerSec: 100_000, buffer: new SharedArrayBuffer(8) }, () => 0n);
    const { socket, outlet, window } = await fakeLane({ windowBytes: 1 << 20, slotBytes: 4096, limiter });
    await put(outlet, 8);
    let isThrough = false;
    const held = put(outlet, 8).then(() => {
      isThrough = true;
    });
    socket.destroy();
    // Another frame of the same cap waits longer, so the held one had its turn.
    await new Promise((resolve) => setTimeout(resolve, limiter.reserve(1000)));
    await Promise.race([held, new Promise((resolve) => setImmediate(resolve))]);
    expect([isThrough, window.nextSeq()]).toEqual([false, 2]);
  });
});
