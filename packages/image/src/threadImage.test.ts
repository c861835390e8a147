import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { hasNative } from '@godwit/native';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { HeldTurns } from './heldTurns.js';
import { LiveImage } from './liveImage.js';
import { scratchFolder } from './testing/scratch.js';
import { turnOfTheLoop } from './testing/threads.js';
import { ThreadImage } from './threadImage.js';

const BLOCK = 4096;
const MEBIBYTE = 1024 * 1024;
/** More than is zeroed in one step. */
const SIZE = 80 * MEBIBYTE;
const scratch = scratchFolder();
let live: LiveImage;
let image: ThreadImage;

beforeEach(() => {
  const path = scratch.path('image');
  writeFileSync(path, Buffer.alloc(SIZE, 1));
  live = LiveImage.open({ name: 'vm', path, kind: 'disk', blockBytes: BLOCK });
  image = ThreadImage.attach(live.handle());
});
afterEach(async () => {
  await Promise.all([image.close(), live.close()]);
});
afterAll(() => scratch.remove());

function dirty(): { first: number; count: number } | undefined {
  const run = live.maps.dirty.nextRun(0, live.maps.blocks);
  live.maps.dirty.takeAll(() => undefined);
  return run;
}

describe('an image in a thread', () => {
  it('changes the file and marks what it changed', () => {
    expect(image.write(BLOCK - 1, Buffer.from('ab'))).toBe(true);
    expect(dirty()).toEqual({ first: 0, count: 2 });
    expect(image.zero(3 * BLOCK, BLOCK, 'hole')).toBeUndefined();
    expect(dirty()).toEqual({ first: 3, count: 1 });
    expect(image.zero(5 * BLOCK + 1, BLOCK, 'allocated')).toBeUndefined();
    expect(dirty()).toEqual({ first: 5, count: 2 });
    const bytes = Buffer.alloc(7 * BLOCK);
    image.read(0, bytes);
    const expected = Buffer.alloc(7 * BLOCK, 1);
    expected.write('ab', BLOCK - 1);
    expected.fill(0, 3 * BLOCK, 4 * BLOCK).fill(0, 5 * BLOCK + 1, 6 * BLOCK + 1);
    expect(bytes.equals(expected)).toBe(true);
  });

  it('keeps a range allocated that is asked to stay so, and frees the other', () => {
    expect(image.zero(0, MEBIBYTE, 'allocated')).toBeUndefined();
    expect(live.file.allocatedBytes()).toBeGreaterThanOrEqual(SIZE);
    const inTime = image.zero(0, MEBIBYTE, 'hole', true);
    // Without koffi there is no quick way, and nothing is done.
    expect(inTime).toBe(hasNative ? undefined : 'too slow');
    expect(live.file.allocatedBytes() < SIZE).toBe(hasNative);
  });

  it('does nothing while the gate is not open', () => {
    const { gate } = live.maps;
    for (const shut of [() => gate.close(), () => gate.refuse(), () => gate.seal(), () => gate.move()]) {
      shut();
      expect(image.write(0, Buffer.from('w'))).toBe(false);
      expect(image.zero(0, BLOCK, 'hole')).toBe('gate is shut');
      expect(image.zero(0, BLOCK, 'hole', true)).toBe('gate is shut');
    }
    expect([dirty(), readFileSync(live.file.path)[0]]).toEqual([undefined, 1]);
  });

  it('is inside the gate until the last step of a long range', async () => {
    const zeroed = image.zero(0, SIZE, 'hole');
    expect(zeroed).toBeInstanceOf(Promise);
    live.maps.gate.close();
    let drained = false;
    const freeze = live.freeze().then(() => (drained = true));
    await turnOfTheLoop();
    expect(drained).toBe(false);
    await freeze;
    expect(readFileSync(live.file.path).every((byte) => byte === 0)).toBe(true);
    expect(dirty()).toEqual({ first: 0, count: SIZE / BLOCK });
    await zeroed;
  });

  it('says in shared memory that it is inside, so that a thread that dies there holds up no freeze', async () => {
    const held = new HeldTurns();
    const dying = ThreadImage.attach(live.handle(), held);
    const words = new Int32Array(held.buffer);
    const zeroed = dying.zero(0, SIZE, 'hole');
    expect([...words]).toEqual([1, 0]);
    await zeroed;
    expect([...words]).toEqual([0, 0]);
    await dying.close();
    // As if the thread had ended in the middle of one of each turn.
    const { gate } = live.maps;
    for (const _ of [0, 1]) {
      const turn = gate.tryEnter();
      if (turn !== -1) held.entered(turn);
      void gate.quiesce();
      await turnOfTheLoop();
    }
    expect([...words]).toEqual([1, 1]);
    new HeldTurns(held.buffer).leaveAll(gate);
    await live.freeze();
    expect([...words]).toEqual([0, 0]);
  });

  it('marks what a failed change may have reached, and leaves the gate', async () => {
    vi.spyOn(image.file, 'writeSync').mockImplementation(() => {
      throw new Error('no');
    });
    vi.spyOn(image.file, 'zeroSync').mockImplementation(() => {
      throw new Error('no');
    });
    expect(() => image.write(0, Buffer.alloc(1))).toThrow('no');
    expect(dirty()).toEqual({ first: 0, count: 1 });
    expect(() => image.zero(BLOCK, 1, 'hole')).toThrow('no');
    expect(dirty()).toEqual({ first: 1, count: 1 });
    await live.freeze();
  });

  it('does not take another file for it', () => {
    const handle = live.handle();
    renameSync(handle.path, scratch.path('moved'));
    writeFileSync(handle.path, Buffer.alloc(SIZE));
    expect(() => ThreadImage.attach(handle)).toThrow(expect.objectContaining({ code: 'E_UNREADABLE' }));
  });
});
