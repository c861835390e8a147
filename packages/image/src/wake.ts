/**
 * Long enough that a system call for each does not show, short enough that little waits for it. Not below 2 MiB: pages come
 * in folios of up to that, and the kernel drops a folio as a whole or not.
 */
const STRETCH_BYTES = 8 * 1024 ** 2;

/**
 * What a pass through a file leaves behind: names each aligned stretch of 8 MiB once the pass is in another one, so that
 * what is to be done behind it is one call for many pieces. A pass that comes back to a stretch leaves it a second time.
 */
export class Wake {
  readonly #left: (offset: number, length: number) => void;
  readonly #lag: number;
  readonly #stretches: number[] = [];

  /**
   * @param left told of a stretch that was left; it may reach beyond the end of the file
   * @param lag in so many stretches at a time is the pass still
   */
  constructor(left: (offset: number, length: number) => void, lag = 1) {
    this.#left = left;
    this.#lag = lag;
  }

  /** The pass has been at `offset`. */
  passed(offset: number): void {
    const stretch = Math.floor(offset / STRETCH_BYTES);
    if (this.#stretches.includes(stretch)) return;
    this.#stretches.push(stretch);
    if (this.#stretches.length > this.#lag) this.#leave(1);
  }

  /** The pass is over: it has left all. */
  end(): void {
    this.#leave(this.#stretches.length);
  }

  #leave(count: number): void {
    for (const stretch of this.#stretches.splice(0, count)) this.#left(stretch * STRETCH_BYTES, STRETCH_BYTES);
  }
}
