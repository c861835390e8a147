import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { LiveImage, RawFile } from '../../../packages/image/dist/index.js';
import type { Frame } from '../../../packages/protocol/dist/index.js';
import { markAllocated } from '../../../packages/source-agent/dist/rounds/allocated.js';
import { planCheck, planRound } from '../../../packages/source-agent/dist/rounds/plan.js';
import { WorkList } from '../../../packages/source-agent/dist/rounds/workList.js';
import { Stage } from '../harness/stage.js';
import { SeededRandom } from '../oracle/seededRandom.js';
import { JoinedLanes, type JoinedOptions } from './joinedLanes.js';
import { anyKind, bytesOfKind, makeMixedFile } from './mixedImage.js';

const BLOCK_SIZES = [4096, 32 * 1024, 64 * 1024, 1024 * 1024];

type Random = (bound: number) => number;
const randomOf = (seed: number): Random => {
  const random = new SeededRandom(seed);
  return (bound) => random.below(bound);
};

let stage = new Stage();
const open: { images: LiveImage[]; joined: JoinedLanes }[] = [];
afterEach(async () => {
  for (const { images, joined } of open.splice(0)) {
    joined.close();
    for (const image of images) image.file.closeSync();
  }
  await stage.close();
  stage = new Stage();
});

/** Images of every kind of bytes at odd sizes, joined to empty ones. */
async function scene(random: Random, count: number, options: JoinedOptions) {
  const images = Array.from({ length: count }, (_, index) => {
    const path = stage.path(`source${index}`);
    makeMixedFile(path, 1 + random(3_000_000), random);
    const blockBytes = BLOCK_SIZES[random(BLOCK_SIZES.length)] ?? 4096;
    return LiveImage.open({ name: `image${index}`, path, kind: 'disk', blockBytes });
  });
  const targets = images.map((_, index) => stage.path(`target${index}`));
  const joined = await JoinedLanes.open(images, targets, options);
  open.push({ images, joined });
  for (const image of images) await markAllocated(image, { verify: 'full', isHeld: false });
  return { images, targets, joined };
}

const dirty = (images: readonly LiveImage[]): number => images.reduce((sum, { maps }) => sum + maps.dirty.count(), 0);

function expectEqual(images: readonly LiveImage[], targets: readonly string[], what: string): void {
  for (const [index, image] of images.entries()) {
    const same = readFileSync(image.file.path).equals(readFileSync(targets[index] ?? ''));
    expect(same, `${what}: image ${index} of ${image.size} bytes in blocks of ${image.blockBytes}`).toBe(true);
    for (const map of ['dirty', 'inFlight', 'unproven', 'checking'] as const)
      expect(image.maps[map].count(), map).toBe(0);
  }
}

/** Rounds until nothing is dirty; the number of rounds. */
async function sendAll(images: readonly LiveImage[], joined: JoinedLanes, from = 1): Promise<number> {
  let round = from;
  for (; dirty(images) > 0; round++) await joined.run('send', round, (await planRound(images, 'full')).items);
  return round - from;
}

describe('lanes that are joined', () => {
  it('carry any images, prove them, and keep them thin', async () => {
    for (let seed = 1; seed <= 25; seed++) {
      const random = randomOf(seed);
      const options = { lanes: 1 + random(3), windowBytes: [1, 70_000, 16 * 1024 * 1024][random(3)] ?? 1 };
      const { images, targets, joined } = await scene(random, 1 + random(2), options);
      expect(await sendAll(images, joined)).toBeLessThanOrEqual(1);
      const suspects = await joined.run('check', 1, (await planCheck(images)).items);
      expect(suspects, `seed ${seed}`).toEqual([]);
      expectEqual(images, targets, `seed ${seed}`);
      for (const [index, { file }] of images.entries()) {
        expect(statSync(targets[index] ?? '').blocks * 512).toBeLessThanOrEqual(file.allocatedBytes());
      }
      expect(joined.failure).toBeUndefined();
    }
  });

  it('put what was refused back to dirty, and a later round repairs it', async () => {
    let refused = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const random = randomOf(seed);
      const damage = (frame: Frame): Frame => {
        if (frame.type !== 'Extent' || random(3) > 0) return frame;
        refused += 1;
        return { ...frame, header: { ...frame.header, hashLow: (frame.header.hashLow ^ 1) >>> 0 } };
      };
      const { images, targets, joined } = await scene(random, 1, { lanes: 2, windowBytes: 100_000, onArrival: damage });
      await sendAll(images, joined);
      const suspects = await joined.run('check', 99, (await planCheck(images)).items);
      expect(suspects, `seed ${seed}`).toEqual([]);
      expectEqual(images, targets, `seed ${seed}`);
    }
    expect(refused).toBeGreaterThan(20);
  });

  it('find exactly the blocks that differ at the destination, data and holes', async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const random = randomOf(seed);
      const { images, targets, joined } = await scene(random, 2, { lanes: 2, windowBytes: 100_000 });
      await sendAll(images, joined);
      const expected = new Set<string>();
      for (const [index, image] of images.entries()) {
        const target = readFileSync(targets[index] ?? '');
        for (let left = random(6); left > 0; left--) {
          const at = random(image.size);
          target[at] = (image.size === 0 ? 0 : (readFileSync(image.file.path)[at] ?? 0)) ^ (1 + random(255));
          expected.add(`${index}:${Math.floor(at / image.blockBytes)}`);
        }
        writeFileSync(targets[index] ?? '', target);
      }
      const suspects = await joined.run('check', 1, (await planCheck(images)).items);
      const found = suspects.map(({ image, block }) => `${image}:${block}`);
      expect(found.sort(), `seed ${seed}`).toEqual([...expected].sort());
    }
  });

  it('prove what they send behind it, and send again what was refused', async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const random = randomOf(seed);
      const refused = new Set<string>();
      const refuse = (frame: Frame): Frame => {
        if (frame.type !== 'Extent' || random(3) > 0) return frame;
        const { image, offset, rawBytes } = frame.header;
        const blockBytes = images[image]?.blockBytes ?? 1;
        for (let at = offset; at < offset + rawBytes; at += blockBytes) refused.add(`${image}:${at / blockBytes}`);
        return { ...frame, header: { ...frame.header, hashLow: (frame.header.hashLow ^ 1) >>> 0 } };
      };
      const options = { lanes: 2, windowBytes: 100_000, onArrival: refuse };
      const { images, targets, joined } = await scene(random, 2, options);
      const suspects = await joined.run('prove', 1, (await planRound(images, 'full')).items);
      // Each is dirty, and so will be sent again: that is what tells them from a mismatch.
      expect(suspects, `seed ${seed}`).toEqual([]);
      expect(dirty(images), `seed ${seed}`).toBe(refused.size);
      for (let round = 2; dirty(images) > 0; round++) {
        await joined.run('prove', round, (await planRound(images, 'full')).items);
      }
      expect(await joined.run('check', 99, (await planCheck(images)).items)).toEqual([]);
      expectEqual(images, targets, `seed ${seed}`);
    }
  });

  it('find all of many blocks that are no hole at the destination, in as many checks as it takes', async () => {
    const path = stage.path('hole');
    writeFileSync(path, '');
    const size = 4096 * 1000;
    truncateSync(path, size);
    const image = LiveImage.open({ name: 'hole', path, kind: 'disk', blockBytes: 4096 });
    const joined = await JoinedLanes.open([image], [stage.path('full')], { lanes: 1, windowBytes: 1e6 });
    open.push({ images: [image], joined });
    await markAllocated(image, { verify: 'full', isHeld: false });
    writeFileSync(stage.path('full'), Buffer.alloc(size, 1));
    const found = new Set<number>();
    let passes = 0;
    for (; image.maps.unproven.count() > 0 && passes < 50; passes++) {
      for (const { block } of await joined.run('check', 1, (await planCheck([image])).items)) found.add(block);
    }
    expect(found.size).toBe(1000);
    expect(passes).toBe(4);
  });
});

describe('a long hole', () => {
  const size = 1024 ** 4;
  const stretches = 8;

  /** 1 TiB with a stretch of 1 MiB each 128 GiB, sent and its frames counted. */
  async function sparse(lanes: number) {
    const path = stage.path('sparse');
    writeFileSync(path, '');
    truncateSync(path, size);
    const image = LiveImage.open({ name: 'sparse', path, kind: 'disk', blockBytes: 4096 });
    const stretch = Buffer.alloc(1024 * 1024, 'data');
    for (let index = 0; index < stretches; index++) image.file.writeSync(stretch, (size / stretches) * index);
    const frames = new Map<string, number>();
    const onArrival = (frame: Frame): Frame => {
      frames.set(frame.type, (frames.get(frame.type) ?? 0) + 1);
      return frame;
    };
    const joined = await JoinedLanes.open([image], [stage.path('target')], { lanes, windowBytes: 1e6, onArrival });
    open.push({ images: [image], joined });
    await markAllocated(image, { verify: 'full', isHeld: false });
    await sendAll([image], joined);
    const check = async () => {
      const suspects = await joined.run('check', 1, (await planCheck([image])).items);
      image.maps.holes.proven();
      return suspects;
    };
    return { image, joined, frames, check };
  }

  it('of 1 TiB costs a frame for each 4 GiB, and its maps are not touched for it', async () => {
    const { image, frames, check } = await sparse(2);
    expect(await check()).toEqual([]);
    // Each hole of 128 GiB less 1 MiB is 32 items.
    expect(Object.fromEntries(frames)).toEqual({
      Extent: 8 * stretches,
      Check: stretches,
      CheckZero: 32 * stretches,
    });
    expect([image.maps.unprovenBlocks(), image.maps.checkingBlocks()]).toEqual([0, 0]);
  });

  it('is not proven where the destination has data', async () => {
    const { image, check } = await sparse(1);
    const at = 5 * 1024 ** 3 + 4096 * 7;
    const target = RawFile.open(stage.path('target'));
    target.writeSync(Buffer.from('stray'), at);
    target.closeSync();
    expect(await check()).toEqual([{ image: 0, block: at / 4096 }]);
    expect(image.maps.unprovenBlocks()).toBe(0);
  });

  it('that is written to after the check was planned is checked again there', async () => {
    const { image, joined } = await sparse(1);
    const at = 5 * 1024 ** 3;
    const { items } = await planCheck([image]);
    // Around the agent: no bit tells of it.
    image.file.writeSync(Buffer.from('around'), at);
    expect(await joined.run('check', 1, items)).toEqual([]);
    image.maps.holes.proven();
    expect(image.maps.unproven.nextRun(0, image.maps.blocks)).toEqual({ first: at / 4096, count: 1 });
    expect(await joined.run('check', 1, (await planCheck([image])).items)).toEqual([{ image: 0, block: at / 4096 }]);
  });
});

describe('rounds', () => {
  it('see what was written into a hole since the last one', async () => {
    const path = stage.path('hole');
    writeFileSync(path, '');
    truncateSync(path, 3_000_000);
    const image = LiveImage.open({ name: 'hole', path, kind: 'disk', blockBytes: 4096 });
    const targets = [stage.path('target')];
    const joined = await JoinedLanes.open([image], targets, { lanes: 1, windowBytes: 1e6 });
    open.push({ images: [image], joined });
    await markAllocated(image, { verify: 'full', isHeld: false });
    image.maps.markDirty(0, image.size);
    await sendAll([image], joined);
    await image.write(1_000_000, Buffer.alloc(5000, 'written'));
    await sendAll([image], joined, 2);
    expect(await joined.run('check', 2, (await planCheck([image])).items)).toEqual([]);
    await image.write(2_000_000, Buffer.alloc(5000, 'written'));
    expect(await sendAll([image], joined, 3)).toBe(1);
    expect(await joined.run('check', 3, (await planCheck([image])).items)).toEqual([]);
    expectEqual([image], targets, 'hole');
  });

  it('do not end while a lane is delayed, and its blocks stay in flight', async () => {
    const path = stage.path('source');
    makeMixedFile(path, 4_000_000, randomOf(5));
    const image = LiveImage.open({ name: 'image', path, kind: 'disk', blockBytes: 65_536 });
    const joined = await JoinedLanes.open([image], [stage.path('target')], { lanes: 2, windowBytes: 1 });
    open.push({ images: [image], joined });
    const [swift, delayed] = joined.lanes;
    if (swift === undefined || delayed === undefined) throw new Error('no second lane');
    delayed.incoming.pause();
    image.maps.markDirty(0, image.size);
    const list = WorkList.of((await planRound([image], 'full')).items);
    let isOver = false;
    // A window of one byte: the delayed lane claims one region, sends one frame, and waits.
    const round = delayed.sender.run('send', 1, list).then(() => {
      isOver = true;
    });
    await swift.sender.run('send', 1, list);
    expect(list.claim()).toBeUndefined();
    expect(isOver).toBe(false);
    expect(image.maps.inFlight.nextRun(0, image.maps.blocks)).toMatchObject({ first: 0 });
    expect(image.maps.inFlight.hasAny(16, image.maps.blocks - 16)).toBe(false);
    delayed.incoming.resume();
    await round;
    expect(image.maps.inFlight.count()).toBe(0);
  });

  it('never overtake each other at the destination, with a writer and lanes that stop and go', async () => {
    for (let seed = 1; seed <= 8; seed++) {
      const random = randomOf(seed);
      const arrivals: number[] = [];
      const note = (frame: Frame): Frame => {
        if (frame.type === 'Extent' || frame.type === 'Zero') arrivals.push(frame.header.round);
        return frame;
      };
      const { images, targets, joined } = await scene(random, 2, { lanes: 3, windowBytes: 50_000, onArrival: note });
      let over = false;
      const stopAndGo = (async () => {
        while (!over) {
          for (const { incoming } of joined.lanes) {
            if (random(2) === 0) incoming.pause();
            else incoming.resume();
          }
          await new Promise((resolve) => setImmediate(resolve));
        }
        for (const { incoming } of joined.lanes) incoming.resume();
      })();
      const writer = write(images, random, 60);
      for (let round = 1; round <= 6; round++) {
        await joined.run(random(2) === 0 ? 'send' : 'prove', round, (await planRound(images, 'full')).items);
        await joined.run('check', round, (await planCheck(images)).items);
      }
      await writer;
      await sendAll(images, joined, 7);
      over = true;
      await stopAndGo;
      expect(await joined.run('check', 99, (await planCheck(images)).items), `seed ${seed}`).toEqual([]);
      expectEqual(images, targets, `seed ${seed}`);
      expect(arrivals).toEqual([...arrivals].sort((a, b) => a - b));
      expect(joined.failure).toBeUndefined();
    }
  });
});

/** A workload: pieces of every kind at any place, each awaited. */
async function write(images: readonly LiveImage[], random: Random, count: number): Promise<void> {
  for (let left = count; left > 0; left--) {
    const image = images[random(images.length)];
    if (image === undefined) return;
    const offset = random(image.size);
    const length = Math.min(image.size - offset, 1 + random(30_000));
    const kind = anyKind(random);
    if (kind === 'hole') await image.discard(offset, length);
    else await image.write(offset, bytesOfKind(kind, length, random));
  }
}
