import { closeSync, ftruncateSync, openSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { LiveImage } from './liveImage.js';
import { RawFile } from './rawFile.js';
import { scratchFolder } from './testing/scratch.js';
import { nextMessage, startThread, turnOfTheLoop } from './testing/threads.js';

const MODULE = new URL('./testing/imageWriter.js', import.meta.url);
const WRITERS = 2;
const scratch = scratchFolder();
afterAll(() => scratch.remove());

let count = 0;
function fileOf(size: number): string {
  const path = scratch.path(`image-${++count}`);
  const fd = openSync(path, 'w');
  ftruncateSync(fd, size);
  closeSync(fd);
  return path;
}

/** A round: the dirty blocks are taken, then copied. Answers how many they were. */
function collect(image: LiveImage, replica: RawFile): number {
  const buffer = Buffer.alloc(image.blockBytes);
  let blocks = 0;
  image.maps.dirty.takeAll((word, bits) => {
    for (let bit = 0; bit < 32; bit++) {
      if (((bits >>> bit) & 1) === 0) continue;
      const offset = (word * 32 + bit) * image.blockBytes;
      const block = buffer.subarray(0, Math.min(image.blockBytes, image.size - offset));
      image.file.readSync(block, offset);
      replica.writeSync(block, offset);
      blocks += 1;
    }
  });
  return blocks;
}

interface Scene {
  readonly size: number;
  readonly blockBytes: number;
  readonly seed: number;
  readonly freezes: number;
}

/** Copies an image in rounds under writers in threads, and compares whenever it is frozen. */
async function copyUnderWriters({ size, blockBytes, seed, freezes }: Scene): Promise<void> {
  const image = LiveImage.open({ name: 'live', path: fileOf(size), kind: 'disk', blockBytes });
  const replica = RawFile.open(fileOf(size));
  const signals = new Int32Array(new SharedArrayBuffer(8));
  const start = (writer: number) =>
    startThread(MODULE, { handle: image.handle(), seed: seed + writer, signals: signals.buffer });
  const threads = await Promise.all(Array.from({ length: WRITERS }, (_, writer) => start(writer)));
  const failures: unknown[] = [];
  for (const thread of threads) thread.on('error', (error) => failures.push(error));
  const made = () => Atomics.load(signals, 0);
  for (let freeze = 1; freeze <= freezes; freeze++) {
    const enough = made() + 30;
    while (made() < enough && failures.length === 0) {
      collect(image, replica);
      await turnOfTheLoop();
    }
    await image.freeze();
    collect(image, replica);
    expect(readFileSync(replica.path).equals(readFileSync(image.file.path)), `freeze ${freeze}`).toBe(true);
    expect(image.maps.dirty.count()).toBe(0);
    image.thaw();
  }
  const ended = Promise.all(threads.map(nextMessage));
  Atomics.store(signals, 1, 1);
  await ended;
  expect(failures).toEqual([]);
  await Promise.all([...threads.map((thread) => thread.terminate()), image.close(), replica.close()]);
}

describe('an image that threads write while it is copied in rounds', () => {
  it('is copied byte for byte whenever it is frozen', async () => {
    const scene = fc.record({
      size: fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 100_000, max: 3_000_000 })),
      blockBytes: fc.constantFrom(4096, 16_384, 65_536),
      seed: fc.nat(),
      freezes: fc.integer({ min: 1, max: 12 }),
    });
    await fc.assert(fc.asyncProperty(scene, copyUnderWriters), { numRuns: 8, endOnFailure: true });
  });
});
