import { describe, expect, it } from 'vitest';
import { isSettled } from '../testing/settled.js';
import { type Slot, Slots } from './slots.js';

async function takeAll(slots: Slots): Promise<{ taken: Slot[]; next: Promise<Slot> }> {
  const taken: Slot[] = [];
  for (;;) {
    const next = slots.acquire();
    if (!(await isSettled(next))) return { taken, next };
    taken.push(await next);
    if (taken.length > 64) throw new Error('slots without end');
  }
}

describe('slots', () => {
  it('are few, each with buffers of its own for a region raw and encoded', async () => {
    const { taken } = await takeAll(new Slots());
    expect(taken.length).toBeGreaterThanOrEqual(2);
    expect(taken.length).toBeLessThanOrEqual(8);
    const buffers = taken.flatMap(({ raw, encoded }) => [raw.buffer, encoded.buffer]);
    expect(new Set(buffers).size).toBe(taken.length * 2);
    for (const { raw, encoded } of taken) {
      expect(raw.length).toBe(1024 * 1024);
      expect(encoded.length).toBe(1024 * 1024);
    }
  });

  it('come back when the last of their users is done, and not before', async () => {
    const slots = new Slots();
    const { taken, next } = await takeAll(slots);
    const slot = taken[1];
    if (slot === undefined) throw new Error('no second slot');
    slot.users += 2;
    slot.encodedBytes = 77;
    slots.release(slot);
    expect(await isSettled(next)).toBe(false);
    slots.release(slot);
    expect(await isSettled(next)).toBe(false);
    slots.release(slot);
    expect(await next).toBe(slot);
    expect(slot).toMatchObject({ users: 1, encodedBytes: 0 });
  });

  it('are given to one taker each', async () => {
    const slots = new Slots();
    const { taken, next } = await takeAll(slots);
    for (const slot of taken) slots.release(slot);
    const again = [await next];
    for (let i = 1; i < taken.length; i++) again.push(await slots.acquire());
    expect(new Set(again).size).toBe(taken.length);
    expect(await isSettled(slots.acquire())).toBe(false);
  });
});
