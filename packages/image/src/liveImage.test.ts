import { readFileSync, writeFileSync } from 'node:fs';
import { hasNative } from '@godwit/native';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { LiveImage } from './liveImage.js';
import { scratchFolder } from './testing/scratch.js';
import { turnOfTheLoop, until } from './testing/threads.js';

const BLOCK = 4096;
const SIZE = 10 * BLOCK + 5;
const scratch = scratchFolder();
const opened: LiveImage[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((image) => image.close()));
});
afterAll(() => scratch.remove());

function open(): LiveImage {
  const path = scratch.path('image');
  writeFileSync(path, Buffer.alloc(SIZE, 1));
  const image = LiveImage.open({ name: 'vm', path, kind: 'disk', blockBytes: BLOCK });
  opened.push(image);
  return image;
}

/** Takes the dirty blocks. */
function dirtyOf(image: LiveImage): number[] {
  const blocks: number[] = [];
  image.maps.dirty.takeAll((word, bits) => {
    for (let bit = 0; bit < 32; bit++) if (((bits >>> bit) & 1) === 1) blocks.push(word * 32 + bit);
  });
  return blocks;
}

describe('a live image', () => {
  it('marks every block that a change touches, and no other', async () => {
    const image = open();
    expect([image.size, image.maps.blocks, dirtyOf(image)]).toEqual([SIZE, 11, []]);
    await image.write(BLOCK - 1, Buffer.from('ab'));
    expect(dirtyOf(image)).toEqual([0, 1]);
    await image.writeZeroes(2 * BLOCK, BLOCK);
    expect(dirtyOf(image)).toEqual([2]);
    await image.discard(3 * BLOCK + 1, 2 * BLOCK);
    expect(dirtyOf(image)).toEqual([3, 4, 5]);
    await image.write(SIZE - 1, Buffer.from('z'));
    expect(dirtyOf(image)).toEqual([10]);
    await image.markDirty(7 * BLOCK, 1);
    expect(dirtyOf(image)).toEqual([7]);
    await image.write(9, Buffer.alloc(0));
    await image.flush();
    await image.markDirty(SIZE, 0);
    expect(dirtyOf(image)).toEqual([]);
    expect(image.counters).toMatchObject({ writes: 4, writtenBytes: 2 + BLOCK + 2 * BLOCK + 1 });
    expect((await image.read(BLOCK - 1, 2)).toString()).toBe('ab');
    expect(await image.read(3 * BLOCK, 2)).toEqual(Buffer.from([1, 0]));
  });

  it('refuses what is outside, and changes nothing', async () => {
    const image = open();
    const ranges = [
      [-1, 1],
      [SIZE, 1],
      [SIZE - 1, 2],
      [0, SIZE + 1],
      [0.5, 1],
      [Number.NaN, 1],
      [2 ** 53, 1],
      [2 ** 60, 0],
    ] as const;
    for (const [offset, length] of ranges) {
      const refused = { code: 'E_RANGE', parameters: { offset, length, size: SIZE } };
      await expect(image.write(offset, Buffer.alloc(length))).rejects.toMatchObject(refused);
      await expect(image.writeZeroes(offset, length)).rejects.toMatchObject(refused);
      await expect(image.discard(offset, length)).rejects.toMatchObject(refused);
      await expect(image.read(offset, length)).rejects.toMatchObject(refused);
      await expect(image.markDirty(offset, length)).rejects.toMatchObject(refused);
    }
    await expect(image.read(0, -1)).rejects.toMatchObject({ code: 'E_RANGE' });
    expect(dirtyOf(image)).toEqual([]);
    expect((await image.read(0, SIZE)).equals(Buffer.alloc(SIZE, 1))).toBe(true);
  });

  it('lets a writer that waited at the gate go on when it is thawed', async () => {
    const image = open();
    await image.freeze();
    let written = 0;
    const writes = [0, 1, 2].map((block) => image.write(block * BLOCK, Buffer.from('w')).then(() => (written += 1)));
    const flush = image.flush();
    for (let i = 0; i < 5; i++) await turnOfTheLoop();
    expect([written, dirtyOf(image), (await image.read(0, 1))[0]]).toEqual([0, [], 1]);
    image.thaw();
    await Promise.all([...writes, flush]);
    expect([written, dirtyOf(image)]).toEqual([3, [0, 1, 2]]);
    expect(image.counters.gateWaitMs).toBeGreaterThan(0);
  });

  it('freezes when the writes in progress have ended and are marked', async () => {
    const image = open();
    let written = 0;
    const writes = Array.from({ length: 10 }, (_, block) =>
      image.write(block * BLOCK, Buffer.alloc(BLOCK, 9)).then(() => (written += 1)),
    );
    // Their calls are out when the gate is closed.
    await image.freeze();
    expect(dirtyOf(image)).toHaveLength(10);
    await Promise.all(writes);
    expect([written, dirtyOf(image)]).toEqual([10, []]);
  });

  it('tells writers where it moved, those too who waited, and writes nothing', async () => {
    const image = open();
    await image.freeze();
    const waited = image.write(0, Buffer.from('late'));
    const outcome = expect(waited).rejects.toMatchObject({
      code: 'E_MOVED',
      parameters: { name: 'vm', location: 'http://b/v1/images/vm' },
    });
    await turnOfTheLoop();
    image.location = 'http://b/v1/images/vm';
    image.maps.gate.move();
    await outcome;
    for (const change of [image.discard(0, 1), image.writeZeroes(0, 1), image.flush()]) {
      await expect(change).rejects.toMatchObject({ code: 'E_MOVED' });
    }
    expect([dirtyOf(image), readFileSync(image.file.path)[0]]).toEqual([[], 1]);
  });

  it('does not read what it was before it moved', async () => {
    const image = open();
    image.location = 'http://b/v1/images/vm';
    await image.freeze();
    expect((await image.read(0, 1))[0]).toBe(1);
    image.maps.gate.move();
    await expect(image.read(0, 1)).rejects.toMatchObject({
      code: 'E_MOVED',
      parameters: { location: 'http://b/v1/images/vm' },
    });
  });

  it('is not read while somebody else may own it, until that is known', async () => {
    const image = open();
    for (const [goOn, outcome] of [
      [() => image.thaw(), 'read'],
      [() => image.maps.gate.move(), 'E_MOVED'],
    ] as const) {
      image.maps.gate.seal();
      const seen: unknown[] = [];
      const calls = [image.read(0, 1), image.write(0, Buffer.from([1])), image.flush()].map((call) =>
        call.then(
          () => seen.push('read'),
          ({ code }: { code: string }) => seen.push(code),
        ),
      );
      for (let i = 0; i < 5; i++) await turnOfTheLoop();
      expect(seen).toEqual([]);
      goOn();
      await Promise.all(calls);
      expect(seen).toEqual([outcome, outcome, outcome]);
    }
  });

  it('flushes outside the gate, so that a freeze does not wait for the disk', async () => {
    const image = open();
    let synced: () => void = () => undefined;
    vi.spyOn(image.file, 'sync').mockImplementation(() => new Promise((resolve) => (synced = resolve)));
    const flush = image.flush();
    await image.freeze();
    synced();
    await flush;
    image.maps.gate.refuse();
    const cold = image.flush();
    synced();
    await cold;
  });

  it('lets no mark past a closed gate, for nobody collects any more', async () => {
    const image = open();
    await image.freeze();
    const [resumed, late] = [image.markDirty(BLOCK, 1), image.markDirty(BLOCK, 1)];
    await turnOfTheLoop();
    expect(dirtyOf(image)).toEqual([]);
    image.thaw();
    await Promise.all([resumed, late]);
    expect([dirtyOf(image), image.counters.writes]).toEqual([[1], 0]);

    await image.freeze();
    const refused = expect(image.markDirty(0, 1)).rejects.toMatchObject({ code: 'E_MOVED' });
    image.maps.gate.move();
    await refused;
    expect(dirtyOf(image)).toEqual([]);
    image.maps.gate.refuse();
    await expect(image.markDirty(0, 1)).rejects.toMatchObject({ code: 'E_COLD' });
  });

  it('is held against other agents from its lock until it is closed, and read by lanes all the while', async () => {
    const image = open();
    image.lock();
    const { path } = image.file;
    const other = LiveImage.open({ name: 'other', path, kind: 'disk', blockBytes: BLOCK });
    opened.push(other);
    if (hasNative) {
      const held = { code: 'E_UNREADABLE', parameters: { path, problem: 'another agent has it open' } };
      expect(() => other.lock()).toThrow(expect.objectContaining(held));
    }
    const lane = LiveImage.attach(image.handle());
    expect([(await lane.read(0, 1))[0], lane.kind]).toEqual([1, 'disk']);
    await lane.close();
    await image.close();
    other.lock();
  });

  it('keeps its kind in another thread', async () => {
    const { file } = open();
    const image = LiveImage.open({ name: 'ram', path: file.path, kind: 'memory', blockBytes: BLOCK });
    const attached = LiveImage.attach(image.handle());
    opened.push(image, attached);
    expect(attached.kind).toBe('memory');
  });

  it('refuses writers while it is moved cold, and takes them again afterwards', async () => {
    const image = open();
    image.maps.gate.refuse();
    await expect(image.write(0, Buffer.from('w'))).rejects.toMatchObject({
      code: 'E_COLD',
      parameters: { name: 'vm' },
    });
    image.thaw();
    await image.write(0, Buffer.from('w'));
    expect(dirtyOf(image)).toEqual([0]);
  });

  it('marks the blocks of a write that failed, and lets the gate go', async () => {
    const image = open();
    await image.file.close();
    await expect(image.write(BLOCK, Buffer.alloc(2 * BLOCK))).rejects.toMatchObject({ code: 'E_IO' });
    await expect(image.discard(5 * BLOCK, 1)).rejects.toMatchObject({ code: 'E_IO' });
    expect(dirtyOf(image)).toEqual([1, 2, 5]);
    expect(image.counters).toMatchObject({ writes: 0, writtenBytes: 0 });
    let frozen = false;
    void image.freeze().then(() => (frozen = true));
    await until('the frozen image', () => frozen);
  });
});

describe('the maps of an image', () => {
  it('put back what was in flight or being checked when something ends early', async () => {
    const { maps } = open();
    maps.inFlight.setRange(3, 4);
    maps.dirty.setRange(5, 1);
    maps.checking.setRange(0, 2);
    await maps.restoreInFlight();
    const runs = [maps.dirty, maps.unproven].map((map) => map.nextRun(0, 11));
    expect(runs).toEqual([
      { first: 3, count: 4 },
      { first: 0, count: 2 },
    ]);
    expect([maps.inFlight.count(), maps.checking.count(), maps.dirty.count()]).toEqual([0, 0, 4]);
    expect([maps.bytesOf(2), maps.bytesOf(11)]).toEqual([2 * BLOCK, SIZE]);
  });
});
