import { describe, expect, it } from 'vitest';
import { ChunkReader } from './chunkReader.js';

const MESSAGE_BYTES = 100_000;
const HEAD_BYTES = 1;

/** Takes the payloads of messages out of a stream that comes in chunks of these lengths. */
function payloadsOf(chunkBytes: readonly number[]): Buffer[] {
  const reader = new ChunkReader();
  const found: Buffer[] = [];
  let hasHead = false;
  for (const bytes of chunkBytes) {
    reader.push(Buffer.alloc(bytes));
    for (;;) {
      hasHead ||= reader.head(HEAD_BYTES) >= 0;
      const payload = hasHead ? reader.payload(MESSAGE_BYTES - HEAD_BYTES) : undefined;
      if (payload === undefined) break;
      found.push(payload);
      hasHead = false;
    }
  }
  return found;
}

describe('ChunkReader', () => {
  it.each([
    ['inside of a chunk', [60_000, 60_000, 60_000, 60_000, 60_000, 60_000, 60_000]],
    ['with a chunk, now and then', [60_000, 60_000, 80_000, 60_000, 60_000, 80_000, 60_000, 60_000, 80_000]],
    ['with a chunk', [60_000, 40_000, 60_000, 40_000, 60_000, 40_000, 60_000, 40_000]],
  ])('collects payloads in two rooms, if they end %s', (_, chunkBytes) => {
    const payloads = payloadsOf(chunkBytes);
    expect(payloads.length).toBeGreaterThanOrEqual(4);
    expect(new Set(payloads.map(({ buffer }) => buffer)).size).toBeLessThanOrEqual(2);
  });
});
