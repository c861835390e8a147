const FIRST_MS = 10;
/** Reached after 630 ms of waiting in shorter steps. */
export const LONGEST_MS = 500;

/**
 * How long to wait between two rounds of asking who has an export: 10 ms at first, for a switch takes some tens of them,
 * then twice as long each time, up to half a second, for a host that comes up again takes a minute.
 */
export class BackOff {
  #nextMs = FIRST_MS;

  /** Milliseconds to wait now. */
  next(): number {
    const ms = this.#nextMs;
    this.#nextMs = Math.min(LONGEST_MS, ms * 2);
    return ms;
  }

  /** Something was achieved: begin with short waits again. */
  reset(): void {
    this.#nextMs = FIRST_MS;
  }
}
