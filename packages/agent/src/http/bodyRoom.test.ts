import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BodyRoom, type Lease } from './bodyRoom.js';

const never = new AbortController().signal;

/** Lets every promise that can settle do so. */
async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

function ask(room: BodyRoom, bytes: number, granted: Lease[], signal = never): Promise<void> {
  return room.acquire(bytes, signal).then((lease) => void granted.push(lease));
}

describe('BodyRoom', () => {
  it('makes the one that finds no room wait until room is given back', async () => {
    const room = new BodyRoom(10);
    const granted: Lease[] = [];
    const all = [ask(room, 6, granted), ask(room, 5, granted)];
    await turn();
    expect([granted.length, room.usedBytes, room.waiting]).toEqual([1, 6, 1]);
    granted[0]?.release();
    await Promise.all(all);
    expect([granted.length, room.usedBytes]).toEqual([2, 5]);
  });

  it('serves in order: a small one does not overtake a large one', async () => {
    const room = new BodyRoom(10);
    const granted: Lease[] = [];
    void ask(room, 8, granted);
    void ask(room, 9, granted);
    void ask(room, 1, granted);
    await turn();
    expect(granted.map((lease) => lease.bytes)).toEqual([8]);
    granted[0]?.release();
    await turn();
    expect(granted.map((lease) => lease.bytes)).toEqual([8, 9, 1]);
  });

  it('lets those behind move up when one in line leaves', async () => {
    const room = new BodyRoom(10);
    const granted: Lease[] = [];
    const leaving = new AbortController();
    void ask(room, 8, granted);
    const left = ask(room, 9, granted, leaving.signal);
    void ask(room, 2, granted);
    leaving.abort(new Error('gone'));
    await expect(left).rejects.toThrow('gone');
    await turn();
    expect(granted.map((lease) => lease.bytes)).toEqual([8, 2]);
  });

  it('counts a release once', async () => {
    const room = new BodyRoom(10);
    const lease = await room.acquire(4, never);
    await room.acquire(4, never);
    lease.release();
    lease.release();
    expect(room.usedBytes).toBe(4);
  });

  it('never gives more than it has, serves all, and ends empty', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 30 }), async (sizes) => {
        const room = new BodyRoom(32);
        let served = 0;
        const users = sizes.map(async (bytes) => {
          const lease = await room.acquire(bytes, never);
          expect(room.usedBytes).toBeLessThanOrEqual(32);
          await turn();
          served += 1;
          lease.release();
        });
        await Promise.all(users);
        expect([served, room.usedBytes, room.waiting]).toEqual([sizes.length, 0, 0]);
      }),
      { numRuns: 40 },
    );
  });
});
