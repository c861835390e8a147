import type { LiveImage } from '@godwit/image';
import fc from 'fast-check';
import { randomBytes, randomFrom } from './random.js';
import type { Piece } from './scratchImage.js';

const KINDS = ['hole', 'zero', 'text', 'random'] as const;

export interface Stretch {
  readonly kind: (typeof KINDS)[number];
  readonly blocks: number;
  readonly isWanted: boolean;
}

/** Stretches of blocks of each kind, and how many bytes the last block lacks. */
export function stretches(blockBytes: number): fc.Arbitrary<{ stretches: Stretch[]; missingBytes: number }> {
  const most = Math.max(1, Math.floor((256 * 1024) / blockBytes));
  const stretch = fc.record({
    kind: fc.constantFrom(...KINDS),
    blocks: fc.oneof(fc.integer({ min: 1, max: Math.min(most, 3) }), fc.integer({ min: 1, max: most })),
    isWanted: fc.boolean(),
  });
  return fc.record({
    stretches: fc.array(stretch, { minLength: 1, maxLength: blockBytes > 256 * 1024 ? 4 : 10 }),
    missingBytes: fc.oneof(fc.constant(0), fc.nat(blockBytes - 1)),
  });
}

export interface Mixed {
  readonly bytes: Buffer;
  readonly pieces: readonly Piece[];
  readonly wanted: readonly number[];
}

/** The bytes of an image, what of it is no hole, and the blocks that are wanted. */
export function mixed(
  { stretches, missingBytes }: { stretches: readonly Stretch[]; missingBytes: number },
  blockBytes: number,
): Mixed {
  const blocks = stretches.reduce((sum, stretch) => sum + stretch.blocks, 0);
  const bytes = Buffer.alloc(blocks * blockBytes - missingBytes);
  const pieces: Piece[] = [];
  const wanted: number[] = [];
  const random = randomFrom(blocks + missingBytes);
  let first = 0;
  for (const { kind, blocks: count, isWanted } of stretches) {
    const offset = first * blockBytes;
    const part = bytes.subarray(offset, offset + count * blockBytes);
    if (kind === 'text') part.fill(`the quick brown fox of block ${first}; `);
    if (kind === 'random') randomBytes(part.length, random).copy(part);
    if (kind !== 'hole') pieces.push({ offset, bytes: part });
    for (let block = first; isWanted && block < first + count; block++) wanted.push(block);
    first += count;
  }
  return { bytes, pieces, wanted };
}

export function isZeroBlock(bytes: Buffer, block: number, blockBytes: number): boolean {
  return bytes.subarray(block * blockBytes, (block + 1) * blockBytes).every((byte) => byte === 0);
}

/** How many runs of adjacent blocks. */
export function runsOf(blocks: readonly number[]): number {
  return blocks.filter((block, index) => blocks[index - 1] !== block - 1).length;
}

/** The blocks of a range of bytes. */
export function blocksIn({ maps }: LiveImage, offset: number, length: number): number[] {
  const first = offset / maps.blockBytes;
  return Array.from({ length: Math.ceil(length / maps.blockBytes) }, (_, index) => first + index);
}
