import { ImageMaps } from '@godwit/image';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ColdStretches } from './coldStretches.js';

const STRETCH = 8 * 1024 ** 2;

/** A file as the page cache knows it: of each stretch, the bytes that it holds. */
class CachedFile {
  readonly size: number;
  questions = 0;
  longestBytes = 0;
  readonly #cached: ReadonlyMap<number, number>;
  #isRead = false;
  /** As where the pages belong to another file, and nobody says so. */
  isBlind = false;

  constructor(size: number, cached: ReadonlyMap<number, number>) {
    this.size = size;
    this.#cached = cached;
  }

  /** The survey is over then. */
  readSync(): void {
    this.#isRead = true;
  }

  cachedBytes(offset: number, length: number): number {
    if (this.#isRead) return this.isBlind ? 0 : 4096;
    this.questions += 1;
    this.longestBytes = Math.max(this.longestBytes, length);
    expect(offset % STRETCH).toBe(0);
    expect(offset + length).toBeLessThanOrEqual(this.size);
    let sum = 0;
    for (const [stretch, bytes] of this.#cached) {
      if (stretch * STRETCH >= offset && stretch * STRETCH < offset + length) sum += bytes;
    }
    return sum;
  }
}

async function coldOf(file: CachedFile): Promise<number[]> {
  const cold = ColdStretches.of(file.size);
  await cold.survey(file);
  const attached = new ColdStretches(cold.buffer);
  const stretches = Math.ceil(file.size / STRETCH);
  return Array.from({ length: stretches }, (_, stretch) => stretch).filter((stretch) =>
    attached.has(stretch * STRETCH + 5),
  );
}

describe('the stretches that were cold when a migration began', () => {
  it('are those of which not one page was cached', async () => {
    const inFile = fc.record({
      size: fc.integer({ min: 1, max: 300 * STRETCH }),
      warm: fc.uniqueArray(fc.nat({ max: 299 }), { maxLength: 20 }),
    });
    await fc.assert(
      fc.asyncProperty(inFile, async ({ size, warm }) => {
        const stretches = Math.ceil(size / STRETCH);
        const file = new CachedFile(size, new Map(warm.map((stretch) => [stretch, 4096])));
        const expected = Array.from({ length: stretches }, (_, stretch) => stretch);
        expect(await coldOf(file)).toEqual(expected.filter((stretch) => !warm.includes(stretch)));
      }),
    );
  });

  it('cost a question a GiB where nothing is cached, and none is longer', async () => {
    const file = new CachedFile(2 ** 40, new Map());
    await coldOf(file);
    expect([file.questions, file.longestBytes]).toEqual([1024, 1024 ** 3]);
  });

  it('are dropped, and no other ones', async () => {
    const file = new CachedFile(6 * STRETCH - 1, new Map([[2, 4096]]));
    const cold = ColdStretches.of(file.size);
    await cold.survey(file);
    const dropped: [number, number][] = [];
    const maps = ImageMaps.create(file.size, 65_536);
    maps.markDirty(4 * STRETCH, 1);
    const dropCached = (offset: number, length: number) => dropped.push([offset / STRETCH, length / STRETCH]);
    await cold.drop({ dropCached, nextData: (offset) => offset }, maps);
    // Nor what was written meanwhile.
    expect(dropped).toEqual([0, 1, 3, 5].map((stretch) => [stretch, 1]));
  });

  it('are not asked about one by one where a hole is', async () => {
    const file = new CachedFile(1000 * STRETCH, new Map());
    const cold = ColdStretches.of(file.size);
    await cold.survey(file);
    const dropped: number[] = [];
    let questions = 0;
    const data = [0, 700.5, 999];
    const nextData = (offset: number) => {
      questions += 1;
      return (data.find((at) => at * STRETCH >= offset) ?? 1000) * STRETCH;
    };
    const dropCached = (offset: number) => dropped.push(offset / STRETCH);
    await cold.drop({ dropCached, nextData }, ImageMaps.create(file.size, 65_536));
    expect(dropped).toEqual([0, 700, 999]);
    expect(questions).toBeLessThan(10);
  });

  it('are none where what was read does not show as cached', async () => {
    const file = new CachedFile(6 * STRETCH, new Map());
    file.isBlind = true;
    expect(await coldOf(file)).toEqual([]);
  });

  it('are found by one question where all of a GiB is cached', async () => {
    const file = new CachedFile(1024 ** 3, new Map(Array.from({ length: 128 }, (_, stretch) => [stretch, STRETCH])));
    expect(await coldOf(file)).toEqual([]);
    expect(file.questions).toBe(1);
  });

  it('are none where it cannot be asked', async () => {
    const cold = ColdStretches.of(10 * STRETCH);
    let questions = 0;
    const cachedBytes = () => {
      questions += 1;
      return undefined;
    };
    await cold.survey({ size: 10 * STRETCH, cachedBytes, readSync: () => undefined });
    expect(questions).toBe(1);
    expect([0, 1, 9].map((stretch) => cold.has(stretch * STRETCH))).toEqual([false, false, false]);
  });
});
