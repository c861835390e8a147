import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RateLimiter } from './rateLimiter.js';

const MILLION = 1_000_000n;
/** What may be caught up after a pause. */
const BURST_SEC = 0.05;

interface Sent {
  readonly atNs: bigint;
  readonly bytes: number;
}

/** Senders that each wait as they are told and then send; time is what the test says. */
function simulate(rate: number, frames: readonly { bytes: number; pauseMs: number; lane: number }[]): Sent[] {
  let nowNs = 10n ** 12n;
  const { handle } = RateLimiter.create(rate);
  const lanes = Array.from({ length: 3 }, () => new RateLimiter(handle, () => nowNs));
  const freeNs = lanes.map(() => nowNs);
  return frames.map(({ bytes, pauseMs, lane }) => {
    // The clock goes on to when this lane asks; lanes ask in any order, but time never runs back.
    const asksNs = (freeNs[lane] ?? 0n) + BigInt(pauseMs) * MILLION;
    if (asksNs > nowNs) nowNs = asksNs;
    const waitMs = lanes[lane]?.reserve(bytes) ?? 0;
    expect(Number.isInteger(waitMs) && waitMs >= 0).toBe(true);
    const atNs = nowNs + BigInt(waitMs) * MILLION;
    freeNs[lane] = atNs;
    return { atNs, bytes };
  });
}

const schedule = fc.array(
  fc.record({
    bytes: fc.integer({ min: 1, max: 1_100_000 }),
    pauseMs: fc.oneof(fc.constant(0), fc.nat(5), fc.nat(3000)),
    lane: fc.nat(2),
  }),
  { minLength: 1, maxLength: 60 },
);

describe('the rate limiter', () => {
  it('lets no more through in any window than the rate, a burst and one frame', () => {
    const property = fc.property(fc.integer({ min: 1000, max: 10 ** 9 }), schedule, (rate, frames) => {
      const sent = simulate(rate, frames).sort((a, b) => Number(a.atNs - b.atNs));
      const largest = Math.max(...sent.map(({ bytes }) => bytes));
      for (const [first, { atNs }] of sent.entries()) {
        let bytes = 0;
        for (const frame of sent.slice(first)) {
          bytes += frame.bytes;
          const windowSec = Number(frame.atNs - atNs) / 1e9;
          // A booking at the edge of a millisecond: waits are whole ones.
          expect(bytes).toBeLessThanOrEqual(rate * (windowSec + BURST_SEC + 0.001) + largest + 1);
        }
      }
    });
    fc.assert(property, { numRuns: 200 });
  });

  it('wastes nothing: who always has something to send gets the rate', () => {
    const sent = simulate(
      1_000_000,
      Array.from({ length: 200 }, (_, i) => ({ bytes: 10_000, pauseMs: 0, lane: i % 3 })),
    );
    const durationSec = Number((sent.at(-1)?.atNs ?? 0n) - (sent[0]?.atNs ?? 0n)) / 1e9;
    expect(durationSec).toBeGreaterThan(1.9 - BURST_SEC);
    expect(durationSec).toBeLessThan(2.01);
  });

  it('saves up no more than a burst, however long the pause', () => {
    let nowNs = 0n;
    const limiter = new RateLimiter(RateLimiter.create(1000).handle, () => nowNs);
    nowNs = 10n ** 15n;
    const waits = Array.from({ length: 12 }, () => limiter.reserve(10));
    // 50 bytes of burst and the frame that finds the bucket just empty.
    expect(waits).toEqual([0, 0, 0, 0, 0, 0, 11, 21, 31, 41, 51, 61]);
  });

  it('is one bucket for all threads: every booking counts', async () => {
    const { handle } = RateLimiter.create(1_000_000);
    const program = `
      import { workerData, parentPort } from 'node:worker_threads';
      const { RateLimiter } = await import(workerData.module);
      const limiter = new RateLimiter(workerData.handle, () => 10n ** 15n);
      for (let i = 0; i < 50_000; i++) limiter.reserve(7);
      parentPort.postMessage('done');`;
    const url = new URL(`data:text/javascript,${encodeURIComponent(program)}`);
    const module = new URL('./rateLimiter.js', import.meta.url).href;
    const runs = Array.from({ length: 3 }, () => {
      const worker = new Worker(url, { workerData: { module, handle } });
      return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    });
    await Promise.all(runs);
    const bookedNs = Atomics.load(new BigInt64Array(handle.buffer), 0) - (10n ** 15n - 50n * MILLION);
    expect(bookedNs).toBe(BigInt(3 * 50_000 * 7) * 1000n);
  });
});
