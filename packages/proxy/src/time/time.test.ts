import { describe, expect, it } from 'vitest';
import { ManualTime } from '../testing/manualTime.js';
import { BackOff } from './backOff.js';
import { Patience } from './patience.js';

describe('BackOff', () => {
  it('grows from 10 ms to half a second, and begins anew when something was achieved', () => {
    const backOff = new BackOff();
    expect(Array.from({ length: 8 }, () => backOff.next())).toEqual([10, 20, 40, 80, 160, 320, 500, 500]);
    backOff.reset();
    expect(backOff.next()).toBe(10);
  });
});

describe('Patience', () => {
  function patience() {
    const time = new ManualTime();
    const seen = { over: 0 };
    return { time, seen, patience: new Patience(time, 100, () => (seen.over += 1)) };
  }

  it('runs from the first that has to wait', () => {
    const { time, seen, patience: one } = patience();
    one.start();
    time.advance(60);
    one.start();
    time.advance(40);
    expect([seen.over, one.over]).toEqual([1, true]);
  });

  it('is as long as ever after it got better', () => {
    const { time, seen, patience: one } = patience();
    one.start();
    time.advance(99);
    one.restore();
    one.start();
    time.advance(99);
    expect([seen.over, one.over]).toEqual([0, false]);
  });
});
