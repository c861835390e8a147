import { describe, expect, it } from 'vitest';
import type { ExportBytes } from '../export.js';
import { ReadPlanner } from './readPlan.js';
import { MemoryExport } from './testing/memoryExport.js';

const KIB = 1024;
const SIZE = 1024 * KIB;

function bytesWith(...holes: [number, number][]): ExportBytes {
  const disk = new MemoryExport(SIZE);
  disk.holes = holes;
  return disk.open().bytes;
}

/** [offset, length, isHole] of each piece. */
function plan(planner: ReadPlanner, offset: number, length: number, now = 0) {
  return planner.plan(offset, length, now)?.map((piece) => [piece.offset, piece.length, piece.isHole]);
}

describe('ReadPlanner', () => {
  it('finds holes in front, between and behind', () => {
    const planner = new ReadPlanner(bytesWith([0, 64 * KIB], [128 * KIB, 192 * KIB], [256 * KIB, SIZE]));
    expect(plan(planner, 32 * KIB, 256 * KIB)).toEqual([
      [32 * KIB, 32 * KIB, true],
      [64 * KIB, 64 * KIB, false],
      [128 * KIB, 64 * KIB, true],
      [192 * KIB, 64 * KIB, false],
      [256 * KIB, 32 * KIB, true],
    ]);
  });

  it('has one piece where there is no hole, where it is short, and where nobody knows', () => {
    expect(plan(new ReadPlanner(bytesWith()), 0, SIZE)).toBeUndefined();
    expect(plan(new ReadPlanner(bytesWith([0, SIZE])), 0, 16 * KIB)).toBeUndefined();
    const blind = bytesWith([0, SIZE]);
    Reflect.deleteProperty(blind, 'nextData');
    expect(plan(new ReadPlanner(blind), 0, SIZE)).toBeUndefined();
  });

  it('reads a hole that is too short for a piece of its own', () => {
    expect(plan(new ReadPlanner(bytesWith([8 * KIB, 12 * KIB])), 0, 64 * KIB)).toBeUndefined();
  });

  it('asks once for a run of data, and again after a while or after a trim', () => {
    let asked = 0;
    const all = bytesWith();
    const nextHole = (_: number, end: number) => {
      asked += 1;
      return end;
    };
    const counting: ExportBytes = { ...all, nextHole };
    const planner = new ReadPlanner(counting);
    for (let at = 0; at < SIZE; at += 64 * KIB) plan(planner, at, 64 * KIB, 10);
    expect(asked).toBe(1);
    plan(planner, 0, 64 * KIB, 2000);
    expect(asked).toBe(2);
    planner.forget();
    plan(planner, 0, 64 * KIB, 2000);
    expect(asked).toBe(3);
  });

  it('ends when an export calls the same byte data and hole', () => {
    const odd: ExportBytes = { ...bytesWith(), nextData: (offset) => offset, nextHole: (offset) => offset };
    expect(plan(new ReadPlanner(odd), 0, 64 * KIB)).toBeUndefined();
  });
});
