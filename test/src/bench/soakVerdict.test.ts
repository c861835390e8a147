import { describe, expect, it } from 'vitest';
import type { Holding, Sample } from './soaking.js';
import { type Allowance, trendsOf } from './soakVerdict.js';

function samples(count: number, at: (index: number) => Partial<Holding>): Sample[] {
  const usual = { residentMebibytes: 100, threads: 12, descriptors: 40, imageDescriptors: 1 };
  return Array.from({ length: count }, (_, index) => ({ source: usual, destination: { ...usual, ...at(index) } }));
}

function growing(list: readonly Sample[], allowance?: Allowance): string[] {
  return trendsOf(list, allowance)
    .filter(({ grows }) => grows)
    .map(({ what }) => what);
}

describe('the verdict of a soak', () => {
  it('forgives a heap that breathes and a thread that ends late', () => {
    expect(
      growing(samples(40, (index) => ({ residentMebibytes: 100 + (index % 7), threads: index === 39 ? 14 : 12 }))),
    ).toEqual([]);
  });

  it('sees a descriptor that is left behind now and then', () => {
    expect(growing(samples(40, (index) => ({ descriptors: 40 + Math.floor(index / 20) })))).toEqual([
      'destination: descriptors, images apart',
    ]);
  });

  it('sees memory that is kept for each move', () => {
    expect(growing(samples(40, (index) => ({ residentMebibytes: 100 + index })))).toEqual([
      'destination: resident, MiB',
    ]);
  });

  it('forgives no more than it is told to', () => {
    const slowly = samples(40, (index) => ({ residentMebibytes: 100 + index / 2 }));
    expect(growing(slowly)).toEqual([]);
    expect(growing(slowly, { share: 0, mebibytes: 15 })).toEqual([]);
    expect(growing(slowly, { share: 0, mebibytes: 14 })).toEqual(['destination: resident, MiB']);
  });
});
