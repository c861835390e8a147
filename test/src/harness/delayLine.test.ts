import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../oracle/seededRandom.js';
import { DelayLine, FlightMeter } from './delayLine.js';

/** Takes what has arrived by `nowMs`. */
function taken<Item>(line: DelayLine<Item>, nowMs: number): Item[] {
  const items: Item[] = [];
  for (let item = line.take(nowMs); item !== undefined; item = line.take(nowMs)) items.push(item);
  return items;
}

describe('a delay line', () => {
  it('gives back in order, nothing before its delay', () => {
    const line = new DelayLine<string>({ delayMs: 12.5 });
    line.push('one', 10, 100);
    line.push('two', 10, 101);
    expect(taken(line, 112.4)).toEqual([]);
    expect(line.nextDueMs).toBe(112.5);
    expect(taken(line, 112.5)).toEqual(['one']);
    expect(taken(line, 1000)).toEqual(['two']);
    expect(line.nextDueMs).toBeUndefined();
  });

  it('puts one part behind the other at its rate, whoever sent them, and forgives idle time', () => {
    const line = new DelayLine<string>({ delayMs: 5, rateBytesPerSec: 1000 });
    line.push('a second', 1000, 0);
    line.push('half of one', 500, 0);
    expect(taken(line, 1004)).toEqual([]);
    expect(taken(line, 1005)).toEqual(['a second']);
    expect(taken(line, 1505)).toEqual(['half of one']);
    // What was not sent while nobody wanted to is not sent faster later.
    line.push('later', 1000, 9000);
    expect(line.nextDueMs).toBe(10_005);
  });

  it('is full at what travels at full rate and the queue, and not before', () => {
    const line = new DelayLine<number>({ delayMs: 100, rateBytesPerSec: 10_000, queueBytes: 500 });
    line.push(1, 1499, 0);
    expect(line.isFull).toBe(false);
    line.push(2, 1, 0);
    expect(line.isFull).toBe(true);
    taken(line, 250);
    expect(line.isFull).toBe(false);
  });

  it('loses and repeats nothing of many parts, and carries no more than its rate at any moment', () => {
    const random = new SeededRandom(5);
    const line = new DelayLine<number>({ delayMs: 3, rateBytesPerSec: 100_000 });
    const arrived: number[] = [];
    let nowMs = 0;
    for (let index = 0; index < 5000; index++) {
      line.push(index, random.below(200), nowMs);
      nowMs += random.below(3);
      arrived.push(...taken(line, nowMs));
      expect(line.arrivedBytes).toBeLessThanOrEqual((nowMs / 1000) * 100_000);
    }
    arrived.push(...taken(line, Number.MAX_SAFE_INTEGER));
    expect(arrived).toEqual(Array.from({ length: 5000 }, (_, index) => index));
    expect(line.arrivedBytes).toBe(line.pushedBytes);
  });
});

describe('the flight meter', () => {
  it('counts as answered only what arrived a way back ago', () => {
    const meter = new FlightMeter(10);
    meter.saw(100, 0, 0);
    meter.saw(150, 100, 10);
    expect(meter.peakBytes).toBe(150);
    meter.saw(200, 100, 19.9);
    expect(meter.peakBytes).toBe(200);
    // The answer to the first 100 may be back by now: no more than 120 are unanswered for certain.
    meter.saw(220, 150, 20);
    expect(meter.peakBytes).toBe(200);
    meter.saw(301, 150, 29);
    expect(meter.peakBytes).toBe(201);
  });

  it('never shows more than the window of a sender that has one', () => {
    const window = 3000;
    const line = new DelayLine<number>({ delayMs: 12.5, rateBytesPerSec: 1e6 });
    const back = new DelayLine<number>({ delayMs: 12.5 });
    const meter = new FlightMeter(12.5);
    let unanswered = 0;
    for (let nowMs = 0; nowMs < 500; nowMs++) {
      for (; unanswered + 100 <= window; unanswered += 100) line.push(100, 100, nowMs);
      for (const bytes of taken(line, nowMs)) back.push(bytes, 1, nowMs);
      for (const bytes of taken(back, nowMs)) unanswered -= bytes;
      meter.saw(line.pushedBytes, line.arrivedBytes, nowMs);
    }
    expect(line.arrivedBytes).toBeGreaterThan(10 * window);
    expect(meter.peakBytes).toBeLessThanOrEqual(window);
    expect(meter.peakBytes).toBeGreaterThan(window * 0.9);
  });
});
