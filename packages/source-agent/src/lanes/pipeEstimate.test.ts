import { describe, expect, it } from 'vitest';
import { PipeEstimate, type SentMark } from './pipeEstimate.js';

const MEBIBYTE = 1024 * 1024;
const FRAME_BYTES = 128 * 1024;

/** The window after so many seconds of a pipe that carries `bytesPerMs` and answers after `rttMs`, never with more on the way than `mostBytes`. */
function windowOn(bytesPerMs: number, rttMs: number, mostBytes = 64 * MEBIBYTE): number {
  const pipe = new PipeEstimate();
  const onTheWay: { mark: SentMark; answeredAtMs: number }[] = [];
  let freeAtMs = 0;
  let nowMs = 0;
  for (let step = 0; step < 200_000 && nowMs < 5000; step++) {
    if (onTheWay.length * FRAME_BYTES + FRAME_BYTES <= Math.min(mostBytes, pipe.windowBytes)) {
      freeAtMs = Math.max(freeAtMs, nowMs) + FRAME_BYTES / bytesPerMs;
      onTheWay.push({ mark: pipe.sent(nowMs), answeredAtMs: freeAtMs + rttMs });
      continue;
    }
    const first = onTheWay.shift();
    if (first === undefined) throw new Error('nothing on the way');
    nowMs = Math.max(nowMs, first.answeredAtMs);
    pipe.acknowledged(first.mark, FRAME_BYTES, nowMs);
  }
  return pipe.windowBytes;
}

describe('the window of a lane', () => {
  it('is 4 MiB on a short pipe, however fast', () => {
    expect(windowOn(2e6, 0.1)).toBe(4 * MEBIBYTE);
  });

  it('is 40 ms or a MiB of a slow one: more would stand in a queue', () => {
    expect(windowOn(50_000, 5)).toBeCloseTo(2e6, -5);
    expect(windowOn(12_500, 1)).toBe(MEBIBYTE);
  });

  it('is a MiB before the first answer', () => {
    expect(new PipeEstimate().windowBytes).toBe(MEBIBYTE);
  });

  it.each([
    [125_000, 50],
    [1_250_000, 25],
  ])('grows to hold %d bytes a millisecond for %d ms, and not to many times that', (bytesPerMs, rttMs) => {
    const product = bytesPerMs * rttMs;
    expect(windowOn(bytesPerMs, rttMs)).toBeGreaterThanOrEqual(product);
    expect(windowOn(bytesPerMs, rttMs)).toBeLessThanOrEqual(4 * product);
  });
});
