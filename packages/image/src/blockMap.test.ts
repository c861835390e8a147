import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BlockMap, populationCount } from './blockMap.js';

const SIZES = [0, 1, 31, 32, 33, 1023, 1024, 1025, 5000];

type Change = { readonly kind: 'set' | 'clear'; readonly first: number; readonly count: number };
type Or = { readonly kind: 'or'; readonly word: number; readonly bits: number };
type Taking =
  | { readonly kind: 'takeWord'; readonly word: number; readonly mask: number }
  | { readonly kind: 'take'; readonly from: number; readonly to: number; readonly mask?: number };
type Step = Change | Or | Taking;

function stepIn(blocks: number): fc.Arbitrary<Step> {
  const word = fc.nat(Math.max(0, Math.ceil(blocks / 32) - 1));
  const slice = fc.nat(Math.ceil(blocks / 1024) + 1);
  const range = fc.tuple(fc.nat(blocks), fc.nat(blocks)).map(([a, b]) => [Math.min(a, b), Math.abs(a - b)] as const);
  const changing = fc
    .tuple(fc.constantFrom('set' as const, 'set' as const, 'clear' as const), range)
    .map(([kind, [first, count]]): Step => ({ kind, first, count }));
  const taking = fc.tuple(slice, slice).map(([from, to]): Step => ({ kind: 'take', from, to }));
  const selecting = fc
    .tuple(slice, slice, fc.integer())
    .map(([from, to, mask]): Step => ({ kind: 'take', from, to, mask }));
  if (blocks === 0) return fc.oneof(changing, taking, selecting);
  const takeWord = fc.tuple(word, fc.integer()).map(([at, mask]): Step => ({ kind: 'takeWord', word: at, mask }));
  const oring = fc.tuple(word, fc.integer()).map(([at, bits]): Step => ({ kind: 'or', word: at, bits }));
  return fc.oneof(changing, changing, taking, selecting, takeWord, oring);
}

/** Block numbers of the bits of a word. */
function blocksOf(word: number, bits: number): number[] {
  return Array.from({ length: 32 }, (_, bit) => bit)
    .filter((bit) => ((bits >>> bit) & 1) === 1)
    .map((bit) => word * 32 + bit);
}

/** Numbers from `first` to below `end`. */
function span(first: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i);
}

function runsOf(set: ReadonlySet<number>, from: number, end: number): number[][] {
  const runs: number[][] = [];
  for (const block of span(from, end)) {
    if (!set.has(block)) continue;
    if (set.has(block - 1) && block > from) runs.at(-1)?.push(block);
    else runs.push([block]);
  }
  return runs;
}

function seen(map: BlockMap, from: number, end: number): number[][] {
  const runs: number[][] = [];
  for (let run = map.nextRun(from, end); run !== undefined; run = map.nextRun(run.first + run.count, end)) {
    runs.push(span(run.first, run.first + run.count));
  }
  return runs;
}

function change(map: BlockMap, model: Set<number>, step: Change): void {
  if (step.kind === 'set') map.setRange(step.first, step.count);
  else map.clearRange(step.first, step.count);
  for (const block of span(step.first, step.first + step.count)) {
    if (step.kind === 'set') model.add(block);
    else model.delete(block);
  }
}

function or(map: BlockMap, model: Set<number>, step: Or): void {
  // Bits beyond the last block are nobody's.
  const blocks = blocksOf(step.word, step.bits).filter((block) => block < map.blocks);
  map.orWord(
    step.word,
    blocks.reduce((bits, block) => bits | (1 << (block % 32)), 0),
  );
  for (const block of blocks) model.add(block);
}

/** What the map hands out must be what the set holds. */
function take(map: BlockMap, model: Set<number>, step: Taking): void {
  const taken: number[] = [];
  let wanted: (block: number) => boolean;
  if (step.kind === 'take') {
    const { from, to, mask } = step;
    const select = mask === undefined ? undefined : () => mask;
    map.takeSome(from, to, (word, bits) => taken.push(...blocksOf(word, bits)), select);
    const isSelected = (block: number) => mask === undefined || ((mask >>> (block % 32)) & 1) === 1;
    wanted = (block) => block >= from * 1024 && block < to * 1024 && isSelected(block);
  } else {
    taken.push(...blocksOf(step.word, map.takeFromWord(step.word, step.mask)));
    const asked = new Set(blocksOf(step.word, step.mask));
    wanted = (block) => asked.has(block);
  }
  expect(taken).toEqual([...model].filter(wanted).sort((a, b) => a - b));
  for (const block of taken) model.delete(block);
}

function apply(map: BlockMap, model: Set<number>, step: Step): void {
  if (step.kind === 'take' || step.kind === 'takeWord') take(map, model, step);
  else if (step.kind === 'or') or(map, model, step);
  else change(map, model, step);
}

describe('a block map', () => {
  it.each(SIZES)('of %i blocks is a set of numbers, whatever is done to it', (blocks) => {
    const property = fc.property(fc.array(stepIn(blocks), { maxLength: 12 }), fc.nat(blocks), (steps, split) => {
      const map = BlockMap.create(blocks);
      const model = new Set<number>();
      for (const step of steps) apply(map, model, step);
      expect(map.count()).toBe(model.size);
      expect(seen(map, 0, blocks)).toEqual(runsOf(model, 0, blocks));
      expect(seen(map, split, blocks)).toEqual(runsOf(model, split, blocks));
      expect(seen(map, 0, split)).toEqual(runsOf(model, 0, split));
      expect(map.hasAny(split, blocks - split)).toBe([...model].some((block) => block >= split));
      for (const block of model) expect(map.nextSlice(Math.floor(block / 1024))).toBe(Math.floor(block / 1024));
      for (const block of [0, split, blocks - 1].filter((at) => at >= 0 && at < blocks)) {
        expect(map.has(block)).toBe(model.has(block));
      }
      apply(map, model, { kind: 'take', from: 0, to: map.slices });
      expect([map.count(), map.hasAny(0, blocks)]).toEqual([0, false]);
    });
    fc.assert(property, { numRuns: blocks > 2000 ? 40 : 100 });
  });

  it('shows its words and keeps them', () => {
    const map = BlockMap.create(5000);
    for (const block of [0, 31, 32, 1023, 1024, 4999]) map.setRange(block, 1);
    const lookAt = (from: number, to: number) => {
      const found: number[] = [];
      map.lookAtSome(from, to, (word, bits) => found.push(...blocksOf(word, bits)));
      return found;
    };
    expect(lookAt(0, 1)).toEqual([0, 31, 32, 1023]);
    expect(lookAt(1, map.slices)).toEqual([1024, 4999]);
    expect(map.count()).toBe(6);
    expect(seen(map, 0, 5000).flat()).toEqual([0, 31, 32, 1023, 1024, 4999]);
  });

  it('is the same map where it is attached', () => {
    const map = BlockMap.create(2000);
    map.setRange(1500, 3);
    const other = BlockMap.attach(2000, map.buffer);
    expect(other.nextRun(0, 2000)).toEqual({ first: 1500, count: 3 });
    expect(() => BlockMap.attach(1000, map.buffer)).toThrow('buffer of another map');
  });

  it('refuses blocks that it does not have', () => {
    const map = BlockMap.create(40);
    for (const [first, count] of [
      [39, 2],
      [-1, 1],
      [0, 41],
      [41, 0],
    ] as const) {
      expect(() => map.setRange(first, count)).toThrow('outside');
      expect(() => map.clearRange(first, count)).toThrow('outside');
    }
    expect(() => map.has(40)).toThrow();
    expect(map.count()).toBe(0);
  });

  it('of 4 TiB in blocks of 4 KiB is taken by the slices that hold bits, and no others', () => {
    const map = BlockMap.create(2 ** 30);
    const blocks = Array.from({ length: 100 }, (_, index) => index * 10_700_000);
    for (const block of blocks) map.setRange(block, 1);
    const slices = [...new Set(blocks.map((block) => Math.floor(block / 1024)))];
    const visited = (): number[] => {
      const found: number[] = [];
      for (let slice = map.nextSlice(0); slice < map.slices; slice = map.nextSlice(slice + 1)) found.push(slice);
      return found;
    };
    expect(visited()).toEqual(slices);
    const taken: number[] = [];
    for (const slice of visited()) map.takeSome(slice, slice + 1, (word, bits) => taken.push(...blocksOf(word, bits)));
    expect(taken).toEqual(blocks);
    expect(visited()).toEqual([]);
  });

  it('of a huge image finds its few bits at the far end', () => {
    const blocks = 2 ** 28;
    const map = BlockMap.create(blocks);
    map.setRange(blocks - 2, 2);
    map.setRange(0, 1);
    const words: [number, number][] = [];
    map.takeAll((word, bits) => words.push([word, bits]));
    expect(words).toEqual([
      [0, 1],
      [blocks / 32 - 1, 0xc0000000 | 0],
    ]);
  });

  it('is emptied slice by slice, each once', () => {
    const map = BlockMap.create(5000);
    map.setRange(0, 5000);
    const taken: number[] = [];
    for (let slice = 0; slice < map.slices; slice++) {
      map.takeSome(slice, slice + 1, (word, bits) => taken.push(...blocksOf(word, bits)));
      expect(map.count()).toBe(Math.max(0, 5000 - (slice + 1) * 1024));
    }
    expect(taken).toEqual(span(0, 5000));
  });
});

it('counts the bits of any word', () => {
  const property = fc.property(fc.integer(), (word) => populationCount(word) === blocksOf(0, word).length);
  fc.assert(property, { numRuns: 1000 });
  expect([0, -1, 1, -2147483648].map(populationCount)).toEqual([0, 32, 1, 1]);
});
