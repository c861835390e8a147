import type { BlockMap } from './blockMap.js';

/** Steps of about 100 ns each, a word of a map, that the thread is held for: 1 to 2 ms. */
const STEPS_PER_TURN = 16 * 1024;
/** Steps of a slice in which a mark stands over nothing. */
const SLICE_STEPS = 32;
/** Choosing block by block takes several times as long as taking words. */
const SELECTING_STEPS = 4;

/** Long work of a thread that has others to serve: `spend` what was done, await `next` when `isOver`. */
export class Turns {
  #steps = 0;

  spend(steps: number): void {
    this.#steps += steps;
  }

  get isOver(): boolean {
    return this.#steps >= STEPS_PER_TURN;
  }

  /** Gives the thread back for a turn of its loop. */
  next(): Promise<void> {
    this.#steps = 0;
    return new Promise((resolve) => setImmediate(resolve));
  }
}

/**
 * `BlockMap.takeAll` in turns, each as long as what was found in the map makes it: what is empty costs none.
 * `visit` may spend of `turns` too; `select`: see BlockMap.takeSome.
 */
export async function takeInTurns(
  map: BlockMap,
  visit: (word: number, bits: number) => void,
  turns = new Turns(),
  select?: (word: number, bits: number) => number,
): Promise<void> {
  const counted = (word: number, bits: number) => {
    turns.spend(1);
    visit(word, bits);
  };
  const chosen =
    select &&
    ((word: number, bits: number) => {
      turns.spend(SELECTING_STEPS);
      return select(word, bits);
    });
  for (let slice = map.nextSlice(0); slice < map.slices; slice = map.nextSlice(slice + 1)) {
    map.takeSome(slice, slice + 1, counted, chosen);
    turns.spend(SLICE_STEPS);
    if (turns.isOver) await turns.next();
  }
}
