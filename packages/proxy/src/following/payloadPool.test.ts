import { describe, expect, it } from 'vitest';
import { PayloadPool } from './payloadPool.js';

describe('memory for payloads', () => {
  it('is used again for payloads of about the same length', () => {
    const pool = new PayloadPool(65_536);
    const room = pool.take(5000);
    pool.give(room);
    expect([room.length, pool.take(8192) === room]).toEqual([8192, true]);
  });

  it('is never that of two at once', () => {
    const pool = new PayloadPool(65_536);
    pool.give(pool.take(4096));
    expect(pool.take(4096)).not.toBe(pool.take(4096));
  });

  it('has room for all that was asked for', () => {
    const pool = new PayloadPool(65_536);
    const lengths = [1, 4095, 4096, 4097, 100_000, 33_554_432];
    expect(lengths.map((length) => pool.take(length).length)).toEqual([4096, 4096, 4096, 8192, 131_072, 33_554_432]);
  });

  it('is let go beyond what may be kept', () => {
    const pool = new PayloadPool(8192);
    const rooms = [pool.take(4096), pool.take(4096), pool.take(4096)];
    for (const room of rooms) pool.give(room);
    const again = [pool.take(4096), pool.take(4096), pool.take(4096)];
    expect(again.filter((room) => rooms.includes(room)).length).toBe(2);
  });
});
