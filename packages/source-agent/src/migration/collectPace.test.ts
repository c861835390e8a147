import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CollectPace } from './collectPace.js';

const NEVER = new AbortController().signal;

/** Collects one after the other, each as long as given; resolves with the times between the end of one and the begin of the next. */
async function restsBetween(lengthsMs: readonly number[]): Promise<number[]> {
  let nowMs = 5000;
  const wait = async (ms: number) => {
    nowMs += ms;
  };
  const pace = new CollectPace({ nowMs: () => nowMs, wait });
  const rests: number[] = [];
  let endedAtMs = nowMs;
  for (const lengthMs of lengthsMs) {
    const collect = async () => {
      rests.push(nowMs - endedAtMs);
      nowMs += lengthMs;
    };
    await pace.collect(collect, NEVER);
    endedAtMs = nowMs;
  }
  return rests;
}

describe('the pace of collecting', () => {
  it('is free at first, then leaves the workload three times as long as the last one took', async () => {
    expect(await restsBetween([100, 100, 100, 100, 100, 50, 10])).toEqual([0, 0, 0, 0, 300, 300, 150]);
  });

  it('never lets the workload run for more than two seconds, nor for less than its share', async () => {
    const lengths = fc.array(fc.nat({ max: 10_000 }), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(lengths, async (lengthsMs) => {
        const rests = await restsBetween(lengthsMs);
        for (const [index, restMs] of rests.slice(4).entries()) {
          expect(restMs).toBe(Math.min(2000, 3 * (lengthsMs[index + 3] ?? 0)));
        }
      }),
    );
  });

  it('is left at once when the migration ends', async () => {
    const abort = new AbortController();
    const pace = new CollectPace();
    const slow = () => new Promise<void>((resolve) => setTimeout(resolve, 20));
    for (let done = 0; done < 4; done++) await pace.collect(slow, NEVER);
    const fifth = pace.collect(() => Promise.reject(new Error('it was asked')), abort.signal);
    abort.abort();
    await expect(fifth).rejects.toMatchObject({ name: 'AbortError' });
  });
});
