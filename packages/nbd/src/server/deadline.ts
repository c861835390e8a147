/** A time that runs out only while the other side is waited for. */
export class Deadline {
  readonly #onExpired: () => void;
  #leftMs: number;
  #startedAt = 0;
  #timer: NodeJS.Timeout | undefined;

  /** Starts. */
  constructor(timeoutMs: number, onExpired: () => void) {
    this.#leftMs = timeoutMs;
    this.#onExpired = onExpired;
    this.resume();
  }

  /** What is left, in ms; at least 1. */
  get leftMs(): number {
    const runMs = this.#timer === undefined ? 0 : performance.now() - this.#startedAt;
    return Math.max(1, this.#leftMs - runMs);
  }

  /** The other side waits for us. */
  pause(): void {
    if (this.#timer === undefined) return;
    this.#leftMs = this.leftMs;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** We wait for the other side again. */
  resume(): void {
    if (this.#timer !== undefined) return;
    this.#startedAt = performance.now();
    this.#timer = setTimeout(() => this.#onExpired(), this.#leftMs);
  }
}
