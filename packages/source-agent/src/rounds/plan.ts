import { type BlockMap, type ImageMaps, populationCount, type RawFile } from '@godwit/image';
import { WorkItems } from './workItems.js';
import { REGION_BYTES } from './workList.js';

/** Slices of 1,024 blocks taken before the thread is given back: about 1 ms of work on a full map. */
const SLICES_PER_TURN = 512;
const BLOCKS_PER_TURN = SLICES_PER_TURN * 1024;
/**
 * Longest hole in one item, in regions: 4 GiB, which one CheckZero asks for. A destination that cannot ask its
 * file system for holes reads that in seconds, and a check of a huge hole still shows progress.
 */
const HOLE_ITEM_REGIONS = 4 * 1024;
const WORD_BLOCKS = 32;

/** An image as rounds see it. */
export interface PlannedImage {
  readonly maps: ImageMaps;
  readonly file: RawFile;
}

export interface Plan {
  readonly items: WorkItems;
  /** Blocks in the plan. */
  readonly blocks: number;
}

/** Marks all that is not a hole as dirty and, for `full`, all blocks as unproven: what round 1 starts from. */
export async function markAllocated(image: PlannedImage, verify: 'full' | 'wire'): Promise<void> {
  const { maps, file } = image;
  if (maps.blocks === 0) return;
  if (verify === 'full') await setInSlices(maps.unproven, 0, maps.blocks);
  let ranges = 0;
  for (const { offset, length } of file.dataRanges()) {
    const first = Math.floor(offset / maps.blockBytes);
    await setInSlices(maps.dirty, first, Math.ceil((offset + length) / maps.blockBytes) - first);
    if (++ranges % 1024 === 0) await turn();
  }
}

/**
 * Collects a round: dirty bits move to in-flight (and become unproven), word by word, before any block
 * is read. Engine invariants 1.1 and 1.2.
 */
export async function planRound(images: readonly PlannedImage[], verify: 'full' | 'wire'): Promise<Plan> {
  const builder = new PlanBuilder();
  for (const [index, { maps }] of images.entries()) {
    const regions = builder.image(index, maps.blockBytes);
    await takeInSlices(maps.dirty, (word, bits) => {
      if (verify === 'full') maps.unproven.orWord(word, bits);
      maps.inFlight.orWord(word, bits);
      regions.add(word, bits);
    });
  }
  return builder.plan();
}

/**
 * Plans a check pass: unproven bits move to checking, but for blocks that are dirty: those will be
 * sent, which makes them unproven again. Runs of holes become single items.
 */
export async function planCheck(images: readonly PlannedImage[]): Promise<Plan> {
  const builder = new PlanBuilder();
  for (const [index, image] of images.entries()) {
    const { maps } = image;
    const regions = builder.image(index, maps.blockBytes, new HoleFinder(image.file));
    await takeInSlices(maps.unproven, (word, bits) => {
      const wanted = bits & ~maps.dirty.loadWord(word);
      if (wanted === 0) return;
      maps.checking.orWord(word, wanted);
      regions.add(word, wanted);
    });
  }
  return builder.plan();
}

async function setInSlices(map: BlockMap, first: number, count: number): Promise<void> {
  for (let done = 0; done < count; done += BLOCKS_PER_TURN) {
    map.setRange(first + done, Math.min(BLOCKS_PER_TURN, count - done));
    if (done + BLOCKS_PER_TURN < count) await turn();
  }
}

async function takeInSlices(map: BlockMap, visit: (word: number, bits: number) => void): Promise<void> {
  for (let slice = 0; slice < map.slices; slice += SLICES_PER_TURN) {
    map.takeSome(slice, slice + SLICES_PER_TURN, visit);
    if (slice + SLICES_PER_TURN < map.slices) await turn();
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Remembers the hole or the data that the last question fell into: two lseeks for each run of either. */
class HoleFinder {
  readonly #file: RawFile;
  #knownFrom = 0;
  #holeUntil = 0;
  #dataUntil = 0;

  constructor(file: RawFile) {
    this.#file = file;
  }

  /** True when [offset, end) has no data; offsets must rise from call to call. */
  isHole(offset: number, end: number): boolean {
    if (offset >= this.#holeUntil && offset >= this.#dataUntil) this.#look(offset);
    return this.#knownFrom <= offset && Math.min(end, this.#file.size) <= this.#holeUntil;
  }

  #look(offset: number): void {
    this.#knownFrom = offset;
    this.#holeUntil = this.#file.nextData(offset);
    if (this.#holeUntil > offset) return;
    const data = this.#file.dataRanges(offset).next();
    this.#dataUntil = data.done === true ? this.#file.size : data.value.offset + data.value.length;
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
