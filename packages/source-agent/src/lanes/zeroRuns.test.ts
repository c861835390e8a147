import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ZeroRun, zeroRuns } from './zeroRuns.js';

const BLOCK = 4096;

/** Block by block and byte by byte. */
function naive(bytes: Uint8Array, blockBytes: number): boolean[] {
  const blocks: boolean[] = [];
  for (let at = 0; at < bytes.length; at += blockBytes) {
    blocks.push(bytes.subarray(at, at + blockBytes).every((byte) => byte === 0));
  }
  return blocks;
}

/** Blocks of a kind each, and a short one whose last byte says what it is. */
function imageOf(kinds: readonly string[], tailBytes: number, tail: number): Buffer {
  const bytes = Buffer.alloc(kinds.length * BLOCK + tailBytes);
  for (const [index, kind] of kinds.entries()) {
    if (kind === 'first') bytes[index * BLOCK] = 1;
    if (kind === 'last') bytes[(index + 1) * BLOCK - 1] = 1;
    if (kind === 'full') bytes.fill(9, index * BLOCK, (index + 1) * BLOCK);
  }
  if (tailBytes > 0) bytes[bytes.length - 1] = tail % 2;
  return bytes;
}

function expectAlternating(runs: readonly ZeroRun[]): void {
  let next = 0;
  for (const [index, run] of runs.entries()) {
    expect(run.first).toBe(next);
    expect(run.count).toBeGreaterThan(0);
    expect(run.zero).not.toBe(runs[index - 1]?.zero);
    next += run.count;
  }
}

describe('zeroRuns', () => {
  it('cuts as looking at each byte would', () => {
    const blocks = fc.array(fc.constantFrom('zero', 'first', 'last', 'full'), { maxLength: 24 });
    const property = fc.property(blocks, fc.nat(BLOCK - 1), fc.nat(255), (kinds, tailBytes, tail) => {
      const bytes = imageOf(kinds, tailBytes, tail);
      const runs = [...zeroRuns(bytes, BLOCK)];
      expect(runs.flatMap(({ zero, count }) => Array.from({ length: count }, () => zero))).toEqual(naive(bytes, BLOCK));
      expectAlternating(runs);
    });
    fc.assert(property);
  });

  it.each([4096, 65_536, 1024 * 1024])('takes a megabyte in blocks of %d', (blockBytes) => {
    const bytes = Buffer.alloc(1024 * 1024);
    expect([...zeroRuns(bytes, blockBytes)]).toEqual([{ zero: true, first: 0, count: bytes.length / blockBytes }]);
    bytes[bytes.length - 1] = 1;
    expect([...zeroRuns(bytes, blockBytes)].at(-1)).toMatchObject({ zero: false, count: 1 });
  });

  it.each([1, 2, 4095, 4096, 4097, 1024 * 1024])('sees one bit anywhere in a block of %d bytes', (length) => {
    const bytes = Buffer.alloc(length);
    const isZero = () => [...zeroRuns(bytes, 1024 * 1024)].map((run) => run.zero);
    expect(isZero()).toEqual([true]);
    for (const at of [0, Math.floor(length / 2), length - 1]) {
      bytes[at] = 128;
      expect(isZero(), `byte ${at}`).toEqual([false]);
      bytes[at] = 0;
    }
  });
});
