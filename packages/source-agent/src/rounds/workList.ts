import { ITEM_WORDS, itemAt, type WorkItem, WorkItems } from './workItems.js';

export { type WorkItem, WorkItems } from './workItems.js';

/** Lanes claim work in units of 1 MiB of an image, the largest extent. */
export const REGION_BYTES = 1024 * 1024;

/**
 * What lanes do with a list: send the in-flight blocks (`send`), or send and check them behind that (`prove`), or check
 * those in the checking map (`check`). A `scrub` is a check while the workload runs: it makes way for others. A `compare` is a
 * scrub over a copy of which nobody knows what it holds: what differs is no fault, and is to be sent.
 */
export type WorkKind = 'send' | 'prove' | 'check' | 'scrub' | 'compare';

const HEADER_WORDS = 2; // cursor, count

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

  static of(items: WorkItems | Iterable<WorkItem>): WorkList {
    const { length, words } = items instanceof WorkItems ? items : WorkItems.of(items);
    const list = new WorkList(new SharedArrayBuffer((HEADER_WORDS + length * ITEM_WORDS) * 4));
    list.#words[1] = length;
    list.#words.set(words, HEADER_WORDS);
    return list;
  }

  get length(): number {
    return this.#words[1] ?? 0;
  }

  /** The item that will be claimed next, as far as anybody can tell. */
  next(): WorkItem | undefined {
    const index = Atomics.load(this.#words, 0);
    return index < this.length ? itemAt(this.#words, HEADER_WORDS + index * ITEM_WORDS) : undefined;
  }

  /** The next item nobody has claimed, or undefined. */
  claim(): WorkItem | undefined {
    const index = Atomics.add(this.#words, 0, 1);
    if (index >= this.length) {
      // Keeps the cursor from running on while lanes look in vain.
      Atomics.store(this.#words, 0, this.length);
      return undefined;
    }
    return itemAt(this.#words, HEADER_WORDS + index * ITEM_WORDS);
  }
}
