import type { ImageMaps } from '@godwit/image';

/** A workload that wrote counts as writing for so long. */
const ACTIVE_MS = 250;
/** Shorter rests are put together: a timer is no more exact than this. */
const LEAST_REST_MS = 4;
/** Of a read that waited behind others in the disk's queue; one stuck for seconds says nothing of the load. */
const MOST_REST_MS = 200;

/**
 * How a scrub backs off by itself: while the workload writes, each lane rests for as long as it reads; a read that takes
 * longer because others are at work is followed by a longer rest. Idle I/O priority alone does not do this: most schedulers
 * do not know it, and flushes wait behind what was begun. Writing shows in the number of dirty blocks, or in a writer that is
 * inside the gate when we look, many times a second; who only reads does not show.
 */
export class ScrubPace {
  readonly #now: () => number;
  #activeUntilMs = Number.NEGATIVE_INFINITY;
  #dirtyBlocks: number | undefined;
  #owedMs = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** A piece was read within `readMs`; how many milliseconds to rest before the next. */
  restAfter(readMs: number, { gate, dirty }: Pick<ImageMaps, 'gate' | 'dirty'>): number {
    const dirtyBlocks = dirty.count();
    const now = this.#now();
    if (gate.writersInside > 0 || (this.#dirtyBlocks ?? dirtyBlocks) !== dirtyBlocks) {
      this.#activeUntilMs = now + ACTIVE_MS;
    }
    this.#dirtyBlocks = dirtyBlocks;
    if (now > this.#activeUntilMs) {
      this.#owedMs = 0;
      return 0;
    }
    this.#owedMs = Math.min(MOST_REST_MS, this.#owedMs + readMs);
    if (this.#owedMs < LEAST_REST_MS) return 0;
    const restMs = this.#owedMs;
    this.#owedMs = 0;
    return restMs;
  }
}
