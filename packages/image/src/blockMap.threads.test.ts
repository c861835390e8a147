import type { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { BlockMap } from './blockMap.js';
import type { MarkingWork } from './testing/markingWriter.js';
import { startThread, turnOfTheLoop } from './testing/threads.js';

const WRITERS = 3;
/** Which blocks of each word are collected: all, or some. */
const MASKS = [-1, 0x5a5a5a5a, 0xff00];
const MODULE = new URL('./testing/markingWriter.js', import.meta.url);

function shared(words: number): SharedArrayBuffer {
  return new SharedArrayBuffer(words * 4);
}

/**
 * Collects as engine.md 1.1 wants it: bits first, then the data. Answers the blocks whose copy is older
 * than what was acknowledged before the collection began: each is a lost write.
 */
function collect(map: BlockMap, data: Int32Array, acknowledged: Int32Array, copy: Int32Array, mask = -1): number[] {
  const promised = acknowledged.map((_, block) => Atomics.load(acknowledged, block));
  const visit = (word: number, bits: number) => {
    for (let bit = 0; bit < 32; bit++) {
      const block = word * 32 + bit;
      if (((bits >>> bit) & 1) === 0) continue;
      // As a lane does: what was marked since it was collected is in what is read now.
      map.clearRange(block, 1);
      copy[block] = Atomics.load(data, block);
    }
  };
  map.takeSome(0, map.slices, visit, mask === -1 ? undefined : () => mask);
  // What is not selected stays marked.
  return [...promised.keys()].filter((block) => (copy[block] ?? 0) < (promised[block] ?? 0) && !map.has(block));
}

async function startWriters(work: Omit<MarkingWork, 'writer' | 'writers' | 'seed'>, seed: number): Promise<Worker[]> {
  const start = (writer: number) => startThread(MODULE, { ...work, writer, writers: WRITERS, seed: seed + writer });
  return Promise.all(Array.from({ length: WRITERS }, (_, writer) => start(writer)));
}

describe('a map that threads mark while another collects', () => {
  // From one word under one summary bit to several slices.
  it.each([
    { blocks: 32, writes: 400_000 },
    { blocks: 200, writes: 400_000 },
    { blocks: 3000, writes: 200_000 },
  ])('loses no write of $blocks blocks', async ({ blocks, writes }) => {
    const map = BlockMap.create(blocks);
    const buffers = { data: shared(blocks), acknowledged: shared(blocks), signals: shared(2) };
    const [data, acknowledged] = [new Int32Array(buffers.data), new Int32Array(buffers.acknowledged)];
    const signals = new Int32Array(buffers.signals);
    const copy = new Int32Array(blocks);
    const threads = await startWriters({ blocks, map: map.buffer, ...buffers, writes }, 20 + blocks);
    const failures: unknown[] = [];
    for (const thread of threads) thread.on('error', (error) => failures.push(error));
    Atomics.store(signals, 1, 1);
    Atomics.notify(signals, 1);
    const lost: number[] = [];
    for (let round = 1; Atomics.load(signals, 0) < WRITERS && failures.length === 0; round++) {
      lost.push(...collect(map, data, acknowledged, copy, MASKS[round % MASKS.length]));
      if (round % 256 === 0) await turnOfTheLoop();
    }
    lost.push(...collect(map, data, acknowledged, copy));
    expect(failures).toEqual([]);
    expect(lost).toEqual([]);
    expect(copy).toEqual(data);
    expect(data.reduce((sum, value) => sum + value, 0)).toBe(WRITERS * writes);
    expect(map.count()).toBe(0);
    await Promise.all(threads.map((thread) => thread.terminate()));
  });
});
