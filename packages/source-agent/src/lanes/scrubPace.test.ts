import { ImageMaps } from '@godwit/image';
import { beforeEach, describe, expect, it } from 'vitest';
import { ScrubPace } from './scrubPace.js';

const BLOCK = 65_536;

let maps: ImageMaps;
let nowMs: number;
let pace: ScrubPace;
beforeEach(() => {
  maps = ImageMaps.create(1024 * BLOCK, BLOCK);
  nowMs = 0;
  pace = new ScrubPace(() => nowMs);
});

/** Reads pieces that take `readMs` each; the share of the time that was spent reading. */
function readingShare(pieces: number, readMs: number, before: (piece: number) => void = () => undefined): number {
  let readingMs = 0;
  const startMs = nowMs;
  for (let piece = 0; piece < pieces; piece++) {
    before(piece);
    nowMs += readMs;
    readingMs += readMs;
    nowMs += pace.restAfter(readMs, maps);
  }
  return readingMs / (nowMs - startMs);
}

describe('a scrub', () => {
  it('does not rest where nobody writes', () => {
    maps.markDirty(0, 10 * BLOCK);
    expect(readingShare(1000, 1)).toBe(1);
  });

  it.each([0.05, 1, 30])('leaves half of the time to a workload that dirties blocks, with reads of %d ms', (readMs) => {
    const share = readingShare(1000, readMs, (piece) => maps.markDirty((piece % 1024) * BLOCK, 1));
    expect(share).toBeGreaterThan(0.45);
    expect(share).toBeLessThan(0.55);
  });

  it('sees a write that is in progress, though it dirties nothing new', () => {
    maps.markDirty(0, 1024 * BLOCK);
    const turn = maps.gate.tryEnter();
    expect(readingShare(100, 5)).toBeLessThan(0.55);
    if (turn !== -1) maps.gate.leave(turn);
    nowMs += 1000;
    expect(readingShare(100, 5)).toBe(1);
  });

  it('goes on at full speed soon after the last write', () => {
    readingShare(10, 5, (piece) => maps.markDirty(piece * BLOCK, 1));
    readingShare(60, 5);
    expect(readingShare(100, 5)).toBe(1);
  });

  it('rests at most a fifth of a second for a read that stood still', () => {
    maps.gate.tryEnter();
    expect(pace.restAfter(60_000, maps)).toBe(200);
  });
});
