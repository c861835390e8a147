import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { type WorkItem, WorkItems, WorkList } from './workList.js';

function itemsOf(count: number): WorkItem[] {
  return Array.from({ length: count }, (_, index) => ({
    image: index % 64,
    firstRegion: index,
    regions: 1 + (index % 3),
    hole: index % 5 === 0,
  }));
}

describe('a work list', () => {
  it('gives its items in their order, then nothing', () => {
    const items = itemsOf(10);
    const list = WorkList.of(items);
    expect(list.length).toBe(10);
    expect(items.map(() => list.claim())).toEqual(items);
    expect(list.claim()).toBeUndefined();
    expect(list.claim()).toBeUndefined();
  });

  it('tells what comes next, and gives nothing by that', () => {
    const items = itemsOf(3);
    const list = WorkList.of(items);
    for (const item of items) expect([list.next(), list.claim()]).toEqual([item, item]);
    expect([list.next(), list.claim(), list.next()]).toEqual([undefined, undefined, undefined]);
  });

  it('of no items gives nothing', () => {
    expect(WorkList.of([]).claim()).toBeUndefined();
  });

  it('is one list for all that attach to its buffer', () => {
    const list = WorkList.of(itemsOf(2));
    const other = new WorkList(list.buffer);
    expect([list.claim()?.firstRegion, other.claim()?.firstRegion, list.claim(), other.claim()]).toEqual([
      0,
      1,
      undefined,
      undefined,
    ]);
  });

  it('is the same of packed items, however many they are', () => {
    for (const count of [0, 1, 63, 64, 65, 1000]) {
      const items = itemsOf(count);
      const packed = WorkItems.of(items);
      expect([packed.length, [...packed]]).toEqual([count, items]);
      const list = WorkList.of(packed);
      expect(items.map(() => list.claim())).toEqual(items);
      expect(list.claim()).toBeUndefined();
    }
  });

  it('gives each item to exactly one of several threads', async () => {
    const count = 100_000;
    const list = WorkList.of(itemsOf(count));
    const start = new SharedArrayBuffer(4);
    const url = new URL('../testing/claimer.js', import.meta.url);
    const threads = Array.from({ length: 4 }, () => new Worker(url, { workerData: { buffer: list.buffer, start } }));
    try {
      await Promise.all(threads.map((thread) => once(thread, 'message')));
      const ends = threads.map(async (thread): Promise<number[]> => (await once(thread, 'message'))[0]);
      Atomics.store(new Int32Array(start), 0, 1);
      Atomics.notify(new Int32Array(start), 0);
      const claimed = (await Promise.all(ends)).flat();
      expect(claimed).toHaveLength(count);
      expect(new Set(claimed).size).toBe(count);
      expect(claimed).not.toContain(-1);
    } finally {
      await Promise.all(threads.map((thread) => thread.terminate()));
    }
  });
});
