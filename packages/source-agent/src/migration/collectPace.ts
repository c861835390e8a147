import { setTimeout as rest } from 'node:timers/promises';

/** So many follow each other at once: most migrations have switched by then. */
const FREE_COLLECTIONS = 4;
/** Later ones take this share of the time at most. */
const SHARE = 1 / 4;
/** And are no further apart than this, however long they take. */
const LONGEST_REST_MS = 2000;

interface Clock {
  /** Never goes back. */
  readonly nowMs: () => number;
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

const HOST_CLOCK: Clock = {
  nowMs: () => performance.now(),
  wait: (ms, signal) => rest(ms, undefined, { signal }),
};

/**
 * A workload stands still, or nearly so, while it hands over what it has written, and has to fetch it again afterwards: rounds that
 * follow each other for minutes, because nothing converges or an operator is waited for, would leave it a hundredth of its speed.
 */
export class CollectPace {
  readonly #clock: Clock;
  #collections = 0;
  #lastMs = 0;
  #endedAtMs = 0;

  constructor(clock = HOST_CLOCK) {
    this.#clock = clock;
  }

  /** How long the next one has to wait from now on, in milliseconds. */
  get #restMs(): number {
    if (this.#collections < FREE_COLLECTIONS) return 0;
    const apartMs = Math.min(LONGEST_REST_MS, this.#lastMs * (1 / SHARE - 1));
    return Math.max(0, this.#endedAtMs + apartMs - this.#clock.nowMs());
  }

  /** Collects when it is time to. @throws what `collect` throws, and the signal's reason */
  async collect(collect: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    if (this.#restMs > 0) await this.#clock.wait(this.#restMs, signal);
    const startedMs = this.#clock.nowMs();
    await collect(signal);
    this.#collections++;
    this.#endedAtMs = this.#clock.nowMs();
    this.#lastMs = this.#endedAtMs - startedMs;
  }
}
