/** Lanes claim work in units of 1 MiB of an image, the largest extent. */
export const REGION_BYTES = 1024 * 1024;

/** What lanes do with a list: send the in-flight blocks, or check those in the checking map. */
export type WorkKind = 'send' | 'check';

/** A run of regions of one image. For checks, `hole` says that the file system saw no data there. */
export interface WorkItem {
  readonly image: number;
  readonly firstRegion: number;
  readonly regions: number;
  readonly hole: boolean;
}

const HEADER_WORDS = 2; // cursor, count
const ITEM_WORDS = 4;

/**
 * The work of one pass in shared memory: a cursor and the items. Lanes claim by one atomic add; the
 * order of the list is the order of sending.
 */
export class WorkList {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
  }

  static of(items: readonly WorkItem[]): WorkList {
    const list = new WorkList(new SharedArrayBuffer((HEADER_WORDS + items.length * ITEM_WORDS) * 4));
    list.#words[1] = items.length;
    items.forEach((item, index) => {
      list.#words.set(
        [item.image, item.firstRegion, item.regions, item.hole ? 1 : 0],
        HEADER_WORDS + index * ITEM_WORDS,
      );
    });
    return list;
  }

  get length(): number {
    return this.#words[1] ?? 0;
  }

  /** The next item nobody has claimed, or undefined. */
  claim(): WorkItem | undefined {
    const index = Atomics.add(this.#words, 0, 1);
    if (index >= this.length) {
      // Keeps the cursor from running on while lanes look in vain.
      Atomics.store(this.#words, 0, this.length);
      return undefined;
    }
    const at = HEADER_WORDS + index * ITEM_WORDS;
    return {
      image: this.#words[at] ?? 0,
      firstRegion: this.#words[at + 1] ?? 0,
      regions: this.#words[at + 2] ?? 0,
      hole: this.#words[at + 3] === 1,
    };
  }
}
