import { describe, expect, it } from 'vitest';
import { WaitingRoom } from './waitingRoom.js';

describe('the waiting room', () => {
  it('has so many places; the oldest makes way', () => {
    const room = new WaitingRoom<number>(3);
    expect([1, 2, 3, 4, 5].map((guest) => room.enter('a', guest))).toEqual([undefined, undefined, undefined, 1, 2]);
    expect(room.size).toBe(3);
  });

  it('is made by the address that has most, whoever came first', () => {
    const room = new WaitingRoom<string>(4);
    room.enter('good', 'source');
    for (const guest of ['x1', 'x2', 'x3']) room.enter('bad', guest);
    expect(room.enter('bad', 'x4')).toBe('x1');
    expect(room.enter('good', 'lane')).toBe('x2');
    expect(room.enter('other', 'third')).toBe('source');
  });

  it('gives a place back once', () => {
    const room = new WaitingRoom<string>(2);
    room.enter('a', 'one');
    room.leave('a', 'one');
    room.leave('a', 'one');
    room.leave('b', 'nobody');
    expect(room.size).toBe(0);
    expect([room.enter('a', 'two'), room.enter('a', 'three'), room.enter('a', 'four')]).toEqual([
      undefined,
      undefined,
      'two',
    ]);
    room.leave('a', 'two');
    expect(room.size).toBe(2);
  });
});
