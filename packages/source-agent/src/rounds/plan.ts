import { type ImageMaps, populationCount, type RawFile, Turns, takeInTurns } from '@godwit/image';
import { WorkItems } from './workItems.js';
import { REGION_BYTES } from './workList.js';

/**
 * Longest hole in one item, in regions: 4 GiB, which one CheckZero asks for. A destination that cannot ask its
 * file system for holes reads that in seconds, and a check of a huge hole still shows progress.
 */
const HOLE_ITEM_REGIONS = 4 * 1024;
const WORD_BLOCKS = 32;
/** Steps of a turn (100 ns each) that a question to the file system takes: lseek through koffi, 1 us. */
const QUESTION_STEPS = 10;

/** An image as rounds see it. */
export interface PlannedImage {
  readonly maps: ImageMaps;
  readonly file: RawFile;
}

export interface Plan {
  readonly items: WorkItems;
  /** Blocks whose bits are in the plan. */
  readonly blocks: number;
}

/** Of 32 dirty blocks from 32 x `word`, those that travel now; the others stay dirty. */
export type Travellers = (maps: ImageMaps, word: number, bits: number) => number;

/**
 * Collects a round: dirty bits move to in-flight (and become unproven), word by word, before any block
 * is read. Engine invariants 1.1 and 1.2.
 *
 * @param travellers all that is dirty, unless given
 */
export async function planRound(
  images: readonly Pick<PlannedImage, 'maps'>[],
  verify: 'full' | 'wire',
  travellers?: Travellers,
): Promise<Plan> {
  const builder = new PlanBuilder();
  for (const [index, { maps }] of images.entries()) {
    const regions = builder.image(index, maps.blockBytes);
    const collect = (word: number, bits: number) => {
      if (verify === 'full') maps.unproven.orWord(word, bits);
      maps.inFlight.orWord(word, bits);
      regions.add(word, bits);
    };
    const select = travellers && ((word: number, bits: number) => travellers(maps, word, bits));
    await takeInTurns(maps.dirty, collect, new Turns(), select);
  }
  return builder.plan();
}

/**
 * Plans a check pass: unproven bits move to checking, but for blocks that are dirty: those will be
 * sent, which makes them unproven again. Runs of holes become single items; long ones that were holes
 * when the migration began have no bits, and are items if they are holes still.
 */
export async function planCheck(images: readonly PlannedImage[]): Promise<Plan> {
  const builder = new PlanBuilder();
  for (const [index, image] of images.entries()) {
    const { maps } = image;
    const turns = new Turns();
    await planLongHoles(image, (region, count) => builder.hole(index, region, count), turns);
    const regions = builder.image(index, maps.blockBytes, new HoleFinder(image.file, turns));
    const take = (word: number, bits: number) => {
      const wanted = bits & ~maps.dirty.loadWord(word);
      if (wanted === 0) return;
      maps.checking.orWord(word, wanted);
      regions.add(word, wanted);
    };
    await takeInTurns(maps.unproven, take, turns);
  }
  return builder.plan();
}

/** Plans what is still a hole of the ranges that were; regions of them that have data by now get bits instead. */
async function planLongHoles(
  { maps, file }: PlannedImage,
  plan: (region: number, count: number) => void,
  turns: Turns,
): Promise<void> {
  const blocksPerRegion = REGION_BYTES / maps.blockBytes;
  const blocksFrom = (region: number, end: number) => {
    const first = region * blocksPerRegion;
    return { first, count: Math.min(end * blocksPerRegion, maps.blocks) - first };
  };
  for (const { first, count } of maps.holes.take()) {
    const end = Math.ceil((first + count) / blocksPerRegion);
    for (let region = first / blocksPerRegion; region < end; ) {
      // Region by region, and never "where does the data end": that question has no bound (see allocated.ts).
      const data = file.nextData(region * REGION_BYTES);
      const dataRegion = data >= file.size ? end : Math.min(end, Math.floor(data / REGION_BYTES));
      if (dataRegion > region) {
        const hole = blocksFrom(region, dataRegion);
        maps.holes.checks(hole);
        plan(region, dataRegion - region);
      }
      if (dataRegion < end) {
        const written = blocksFrom(dataRegion, dataRegion + 1);
        maps.unproven.setRange(written.first, written.count);
      }
      region = dataRegion + 1;
      turns.spend(QUESTION_STEPS);
      if (turns.isOver) await turns.next();
    }
  }
}

/** Remembers the hole that the last question fell into: a question for each hole, and one for each region of data. */
class HoleFinder {
  readonly #file: RawFile;
  readonly #turns: Turns;
  #holeUntil = 0;

  constructor(file: RawFile, turns: Turns) {
    this.#file = file;
    this.#turns = turns;
  }

  /** True when [offset, end) has no data; offsets must rise from call to call. */
  isHole(offset: number, end: number): boolean {
    if (offset >= this.#holeUntil) {
      this.#holeUntil = this.#file.nextData(offset);
      this.#turns.spend(QUESTION_STEPS);
    }
    return Math.min(end, this.#file.size) <= this.#holeUntil;
  }
}

interface RegionSink {
  add(word: number, bits: number): void;
}

/** Turns ascending words of set bits into runs of regions. */
class PlanBuilder {
  readonly #items = new WorkItems();
  #blocks = 0;

  plan(): Plan {
    return { items: this.#items, blocks: this.#blocks };
  }

  /** A hole of `count` regions, in items of bounded length. */
  hole(image: number, first: number, count: number): void {
    for (let done = 0; done < count; done += HOLE_ITEM_REGIONS) {
      this.#items.push(image, first + done, Math.min(HOLE_ITEM_REGIONS, count - done), true);
    }
  }

  image(image: number, blockBytes: number, holes?: HoleFinder): RegionSink {
    const blocksPerRegion = REGION_BYTES / blockBytes;
    let lastRegion = -1;
    const region = (number: number) => {
      if (number === lastRegion) return;
      lastRegion = number;
      const hole = holes?.isHole(number * REGION_BYTES, (number + 1) * REGION_BYTES) ?? false;
      if (hole) this.#items.pushHole(image, number, HOLE_ITEM_REGIONS);
      else this.#items.push(image, number, 1, false);
    };
    return {
      add: (word, bits) => {
        this.#blocks += populationCount(bits);
        if (blocksPerRegion >= WORD_BLOCKS) {
          region(Math.floor((word * WORD_BLOCKS) / blocksPerRegion));
          return;
        }
        const mask = blocksPerRegion === 1 ? 1 : (1 << blocksPerRegion) - 1;
        for (let low = 0; low < WORD_BLOCKS; low += blocksPerRegion) {
          if (((bits >>> low) & mask) !== 0) region((word * WORD_BLOCKS + low) / blocksPerRegion);
        }
      },
    };
  }
}
