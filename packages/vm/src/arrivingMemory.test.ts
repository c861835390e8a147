import { closeSync, mkdtempSync, openSync, readSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BlockMap, LiveImage } from '@godwit/image';
import type { Range } from '@godwit/qemu';
import fc from 'fast-check';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ArrivingMemory } from './arrivingMemory.js';

const BLOCK = 4096;
const BLOCKS = 96;

const warnings: unknown[] = [];
const logger = { warn: (...words: unknown[]) => void warnings.push(words) };
beforeEach(() => void warnings.splice(0));

/** A memory's image, and what its guest would see: what was stored of it. */
function scene(blocks = BLOCKS) {
  const folder = mkdtempSync(join(tmpdir(), 'godwit-memory-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'ram.img');
  writeFileSync(path, '');
  truncateSync(path, blocks * BLOCK);
  const image = LiveImage.open({ name: 'vm.ram', path, kind: 'memory', blockBytes: BLOCK });
  onTestFinished(() => image.close());
  const received = BlockMap.create(blocks);
  const seen = new Map<number, number>();
  const versions = Array.from({ length: blocks }, () => 0);
  const fd = openSync(path, 'r+');
  onTestFinished(() => closeSync(fd));
  const bytes = Buffer.alloc(4);
  const store = async (ranges: readonly Range[]) => {
    // Between the taking of a mark and the reading of its block there is time.
    await new Promise((resolve) => setImmediate(resolve));
    for (const { offset, length } of ranges) {
      for (let at = offset; at < offset + length; at += BLOCK) {
        readSync(fd, bytes, 0, 4, at);
        seen.set(at / BLOCK, bytes.readUInt32LE());
      }
    }
  };
  /** As a lane does: the block, then its mark. */
  const write = (block: number) => {
    versions[block] = (versions[block] ?? 0) + 1;
    bytes.writeUInt32LE(versions[block] ?? 0);
    writeSync(fd, bytes, 0, 4, block * BLOCK);
    received.setRange(block, 1);
  };
  const stale = () => [...seen].filter(([block, version]) => version !== versions[block]);
  return { image, received, store, write, seen, stale };
}

describe('a memory that arrives', () => {
  it('is stored as it is, however often its blocks are written while it is being stored', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(fc.nat(BLOCKS - 1), { maxLength: 40 }), { maxLength: 30 }), async (bursts) => {
        const { image, received, store, write, seen, stale } = scene();
        const memory = new ArrivingMemory({ image, received, store, logger, lookMs: 0 });
        for (const burst of bursts) {
          for (const block of burst) write(block);
          await new Promise((resolve) => setImmediate(resolve));
        }
        await memory.settle();
        expect(stale()).toEqual([]);
        expect(new Set(seen.keys())).toEqual(new Set(bursts.flat()));
      }),
    );
  });

  it('leaves to the guest what it never showed, where that is much', async () => {
    const { received, write, seen, stale, store, image } = scene(20_000);
    let isOpen = true;
    const memory = new ArrivingMemory({
      ...{ image, received, logger },
      store: (ranges) => (isOpen ? store(ranges) : Promise.reject(new Error('not now'))),
      lookMs: 0,
    });
    for (const block of [1, 2, 3]) write(block);
    await vi.waitFor(() => expect([...seen.keys()]).toEqual([1, 2, 3]));
    isOpen = false;
    for (let block = 2; block < 20_000; block++) write(block);
    await vi.waitFor(() => expect(warnings).toHaveLength(1));
    const ending = memory.end();
    isOpen = true;
    expect(await ending).toMatchObject({ message: expect.stringContaining('not now') });
    await memory.settle();
    expect(stale()).toEqual([]);
    expect(seen.size).toBeLessThan(20_000);
  });

  it('is not ready when it could not be stored, and is when it could be after all', async () => {
    const { image, received, write, store, stale, seen } = scene();
    write(1);
    const failing = () => Promise.reject(new Error('it is gone'));
    await expect(new ArrivingMemory({ image, received, logger, store: failing }).settle()).rejects.toThrow(
      'it is gone',
    );
    let tries = 0;
    const memory = new ArrivingMemory({
      ...{ image, received, logger },
      store: (ranges) => (++tries < 3 ? failing() : store(ranges)),
      lookMs: 0,
    });
    await vi.waitFor(() => expect(tries).toBe(3));
    await memory.settle();
    expect([[...seen.keys()], stale()]).toEqual([[1], []]);
  });

  it('is followed no more when it ends', async () => {
    const { image, received, store, write, seen } = scene();
    const memory = new ArrivingMemory({ image, received, store, logger, lookMs: 0 });
    expect(await memory.end()).toBeUndefined();
    write(3);
    await new Promise((resolve) => setImmediate(resolve));
    expect([...seen.keys()]).toEqual([]);
  });
});
