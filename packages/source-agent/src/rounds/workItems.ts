/** A run of regions of one image. For checks, `hole` says that the file system saw no data there. */
export interface WorkItem {
  readonly image: number;
  readonly firstRegion: number;
  readonly regions: number;
  readonly hole: boolean;
}

/** 32-bit words of one item: image, first region, regions, hole. */
export const ITEM_WORDS = 4;
/** Items that there is room for at first: a round of a few dirty regions needs no more. */
const ROOM_ITEMS = 64;

/**
 * The items of a plan, packed: a terabyte of data is a million of them, and as objects they would hold
 * the main thread for tens of milliseconds when they are made, copied and collected.
 */
export class WorkItems implements Iterable<WorkItem> {
  #words = new Int32Array(ROOM_ITEMS * ITEM_WORDS);
  #length = 0;

  static of(items: Iterable<WorkItem>): WorkItems {
    const packed = new WorkItems();
    for (const { image, firstRegion, regions, hole } of items) packed.push(image, firstRegion, regions, hole);
    return packed;
  }

  get length(): number {
    return this.#length;
  }

  /** The words of all items, lent: valid until the next push. */
  get words(): Int32Array {
    return this.#words.subarray(0, this.#length * ITEM_WORDS);
  }

  push(image: number, firstRegion: number, regions: number, hole: boolean): void {
    const at = this.#length * ITEM_WORDS;
    if (at === this.#words.length) this.#grow();
    this.#words[at] = image;
    this.#words[at + 1] = firstRegion;
    this.#words[at + 2] = regions;
    this.#words[at + 3] = hole ? 1 : 0;
    this.#length += 1;
  }

  /** Adds a region of a hole: to the last item, if that is a hole just before it and has fewer than `limit` regions. */
  pushHole(image: number, region: number, limit: number): void {
    const last = itemAt(this.#words, (this.#length - 1) * ITEM_WORDS);
    const joins = this.#length > 0 && last.hole && last.image === image && last.firstRegion + last.regions === region;
    if (joins && last.regions < limit) this.#words[(this.#length - 1) * ITEM_WORDS + 2] = last.regions + 1;
    else this.push(image, region, 1, true);
  }

  *[Symbol.iterator](): Generator<WorkItem> {
    for (let index = 0; index < this.#length; index++) yield itemAt(this.#words, index * ITEM_WORDS);
  }

  #grow(): void {
    const grown = new Int32Array(this.#words.length * 2);
    grown.set(this.#words);
    this.#words = grown;
  }
}

/** The item whose words begin at `at`. */
export function itemAt(words: Int32Array, at: number): WorkItem {
  return {
    image: words[at] ?? 0,
    firstRegion: words[at + 1] ?? 0,
    regions: words[at + 2] ?? 0,
    hole: words[at + 3] === 1,
  };
}
