import type { Time } from './time.js';

/** Runs out when nothing got better for long enough. */
export class Patience {
  readonly #time: Time;
  readonly #limitMs: number;
  readonly #onOver: () => void;
  #cancel: (() => void) | undefined;
  #over = false;

  constructor(time: Time, limitMs: number, onOver: () => void) {
    this.#time = time;
    this.#limitMs = limitMs;
    this.#onOver = onOver;
  }

  /** It ran out, and nothing got better since. */
  get over(): boolean {
    return this.#over;
  }

  /** Somebody has to wait now; the time runs from the first of these calls. */
  start(): void {
    this.#cancel ??= this.#time.after(this.#limitMs, () => {
      this.#over = true;
      this.#onOver();
    });
  }

  /** It got better, or nobody waits any more. */
  restore(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#over = false;
  }
}
