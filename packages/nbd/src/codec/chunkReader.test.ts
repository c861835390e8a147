import { describe, expect, it } from 'vitest';
import { ChunkReader } from './chunkReader.js';

const PAYLOAD_BYTES = 100_000;

/** Takes payloads out of a stream that comes in chunks of these lengths. */
function payloadsOf(chunkBytes: readonly number[]): Buffer[] {
  const reader = new ChunkReader();
  const found: Buffer[] = [];
  for (const bytes of chunkBytes) {
    reader.push(Buffer.alloc(bytes));
    for (;;) {
      const payload = reader.payload(PAYLOAD_BYTES);
      if (payload === undefined) break;
      found.push(payload);
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
