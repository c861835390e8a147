import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { contentOf, STRIPE_BYTES, type WriteRecord } from './writeRecord.js';

/** A range of bytes. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

/** What the replay found. */
export interface ReplayResult {
  readonly writes: number;
  /** Bytes that some write covers, each counted once. */
  readonly bytesCompared: number;
  /** Where the file first differs from the replay, if it does. */
  readonly firstDifference: number | undefined;
}

/**
 * Replays acknowledged writes in their order and compares the file with the outcome, wherever a write
 * went. A write that was acknowledged and is not there is a difference; so is an old one that came back.
 */
export async function replayAgainst(path: string, records: readonly WriteRecord[]): Promise<ReplayResult> {
  const stripes = byStripe(records);
  const file = await open(path, 'r');
  let bytesCompared = 0;
  let firstDifference: number | undefined;
  try {
    for (const [stripe, writes] of [...stripes].sort(([left], [right]) => left - right)) {
      const actual = Buffer.alloc(STRIPE_BYTES);
      await file.read(actual, 0, STRIPE_BYTES, stripe * STRIPE_BYTES);
      const found = compareStripe(actual, writes);
      bytesCompared += found.bytesCompared;
      if (found.firstDifference !== undefined) firstDifference ??= stripe * STRIPE_BYTES + found.firstDifference;
    }
  } finally {
    await file.close();
  }
  return { writes: records.length, bytesCompared, firstDifference };
}

function byStripe(records: readonly WriteRecord[]): Map<number, WriteRecord[]> {
  const stripes = new Map<number, WriteRecord[]>();
  for (const record of records) {
    const stripe = Math.floor(record.offset / STRIPE_BYTES);
    const writes = stripes.get(stripe);
    if (writes === undefined) stripes.set(stripe, [record]);
    else writes.push(record);
  }
  return stripes;
}

/** One stripe as the file has it against the replay of its writes; the difference counts from its start. */
function compareStripe(actual: Buffer, writes: readonly WriteRecord[]): Omit<ReplayResult, 'writes'> {
  const expected = Buffer.alloc(STRIPE_BYTES);
  const covered = new Uint8Array(STRIPE_BYTES);
  for (const { offset, length, seed } of writes) {
    const start = offset % STRIPE_BYTES;
    contentOf(seed, length).copy(expected, start);
    covered.fill(1, start, start + length);
  }
  let bytesCompared = 0;
  let firstDifference: number | undefined;
  for (let index = 0; index < STRIPE_BYTES; index++) {
    if (covered[index] !== 1) continue;
    bytesCompared += 1;
    if (actual[index] !== expected[index]) firstDifference ??= index;
  }
  return { bytesCompared, firstDifference };
}

/** Ranges in order, those that touch or overlap put together. */
export function mergeRanges(ranges: readonly Range[]): Range[] {
  const merged: { offset: number; length: number }[] = [];
  for (const { offset, length } of [...ranges].sort((left, right) => left.offset - right.offset)) {
    const last = merged.at(-1);
    if (last !== undefined && offset <= last.offset + last.length) {
      last.length = Math.max(last.length, offset + length - last.offset);
    } else merged.push({ offset, length });
  }
  return merged;
}

const CHUNK_BYTES = 4 * 1024 * 1024;

/**
 * sha256 of a whole file in which `excluded` (merged) reads as zeros. Two files whose hashes agree are
 * equal everywhere else; what was excluded must be proven by other means.
 */
export async function hashExcluding(path: string, excluded: readonly Range[]): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'r');
  const chunk = Buffer.alloc(CHUNK_BYTES);
  let position = 0;
  try {
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, position);
      if (bytesRead === 0) return hash.digest('hex');
      const piece = chunk.subarray(0, bytesRead);
      blank(piece, position, excluded);
      hash.update(piece);
      position += bytesRead;
    }
  } finally {
    await file.close();
  }
}

/** Zeros what of `excluded` lies in the piece that starts at `position`. */
function blank(piece: Buffer, position: number, excluded: readonly Range[]): void {
  const end = position + piece.length;
  for (const range of excluded) {
    const rangeEnd = range.offset + range.length;
    if (range.offset >= end) return;
    if (rangeEnd > position)
      piece.fill(0, Math.max(range.offset, position) - position, Math.min(rangeEnd, end) - position);
  }
}
