import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeSlot, newestRecord, slotOffset } from './recordSlots.js';

const SLOT_BYTES = 8192;
/** Header and payload of a record whose payload has three bytes; the newline behind them is not looked at. */
const RECORD_BYTES = encodeSlot({ sequence: 1, slotBytes: SLOT_BYTES, payload: Buffer.from('new') }, 0).lastIndexOf(
  0x0a,
);

/** A file whose newest record is `sequence`, "new", and the other one before it, "old". */
function fileOf(sequence: number, slotBytes = SLOT_BYTES): Buffer {
  const file = Buffer.alloc(2 * slotBytes);
  for (const [at, text] of [
    [sequence - 1, 'old'],
    [sequence, 'new'],
  ] as const) {
    const slot = encodeSlot({ sequence: at, slotBytes, payload: Buffer.from(text) }, slotBytes);
    file.set(slot, slotOffset(at, slotBytes));
  }
  return file;
}

function read(file: Buffer): string {
  const newest = newestRecord(file);
  return typeof newest === 'string' ? 'refused' : newest.payload.toString();
}

const sequences = fc.integer({ min: 1, max: 1e14 });
const flips = fc.array(fc.tuple(fc.nat(SLOT_BYTES - 1), fc.nat(7)), { minLength: 1, maxLength: 50 });

/** Where a flip near the beginning is as likely as one far behind it. */
const nearFlips = fc.array(fc.tuple(fc.nat(RECORD_BYTES - 1), fc.nat(7)), { minLength: 1, maxLength: 4 });

function flip(file: Buffer, slot: number, bits: readonly (readonly [number, number])[]): Buffer {
  const flipped = Buffer.from(file);
  for (const [at, bit] of bits) {
    const place = slot * SLOT_BYTES + at;
    flipped[place] = (flipped[place] ?? 0) ^ (1 << bit);
  }
  return flipped;
}

describe('two slots', () => {
  it('give the newest record, in whichever it stands', () => {
    const property = fc.property(sequences, (sequence) => {
      expect(read(fileOf(sequence))).toBe('new');
    });
    fc.assert(property);
  });

  it('give the newest or the one before it whatever bits of one are flipped, and no third thing', () => {
    const property = fc.property(sequences, fc.nat(1), fc.oneof(flips, nearFlips), (sequence, slot, bits) => {
      const isNewest = sequence % 2 === slot;
      expect(['new', isNewest ? 'old' : 'new']).toContain(read(flip(fileOf(sequence), slot, bits)));
    });
    fc.assert(property, { numRuns: 2000 });
  });

  it('of which both are damaged give nothing, or what they held', () => {
    const property = fc.property(sequences, nearFlips, nearFlips, (sequence, even, odd) => {
      const good = fileOf(sequence);
      const damaged = flip(flip(good, 0, even), 1, odd);
      const isDamaged = (at: number) =>
        !damaged.subarray(at, at + RECORD_BYTES).equals(good.subarray(at, at + RECORD_BYTES));
      if (isDamaged(0) && isDamaged(SLOT_BYTES)) expect(read(damaged)).toBe('refused');
    });
    fc.assert(property, { numRuns: 1000 });
  });

  it('refuse each single flipped bit of a record, in either slot', () => {
    const accepted: string[] = [];
    for (let bit = 0; bit < RECORD_BYTES * 8; bit++) {
      const at = [[Math.floor(bit / 8), bit % 8]] as const;
      if (read(flip(fileOf(9), 1, at)) !== 'old') accepted.push(`newest ${at.join()}`);
      if (read(flip(fileOf(9), 0, at)) !== 'new') accepted.push(`older ${at.join()}`);
      if (read(flip(flip(fileOf(9), 0, at), 1, at)) !== 'refused') accepted.push(`both ${at.join()}`);
    }
    expect(accepted).toEqual([]);
  });

  it('that changed places, or are of another size, are refused', () => {
    const file = fileOf(8);
    const [even, odd] = [file.subarray(0, SLOT_BYTES), file.subarray(SLOT_BYTES)];
    expect(read(Buffer.concat([odd, even]))).toBe('refused');
    expect(read(Buffer.concat([even, Buffer.alloc(SLOT_BYTES), odd, Buffer.alloc(SLOT_BYTES)]))).toBe('refused');
    for (let bytes = 0; bytes < file.length; bytes += 256) expect(read(file.subarray(0, bytes))).toBe('refused');
    expect(read(Buffer.alloc(2 * SLOT_BYTES))).toBe('refused');
  });

  it('may be filled to the last byte', () => {
    const empty = encodeSlot({ sequence: 2, slotBytes: 4096, payload: Buffer.alloc(0) }, 0).lastIndexOf(0x0a);
    const full = Buffer.alloc(4096 - empty - 1, 0x61);
    const slot = encodeSlot({ sequence: 2, slotBytes: 4096, payload: full }, 0);
    expect(slot).toHaveLength(4096);
    expect(read(Buffer.concat([slot, Buffer.alloc(4096)]))).toBe(full.toString());
  });
});
