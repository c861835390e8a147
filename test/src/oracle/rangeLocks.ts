interface HeldRange {
  readonly offset: number;
  readonly end: number;
}

/**
 * Keeps two writes from being in progress over the same byte, which would leave their order to chance.
 * Neighbouring bytes of one block stay free, so blocks are shared by concurrent writers on purpose. The
 * range of a write with unknown outcome is kept for good: it might still be applied later.
 */
export class RangeLocks {
  readonly #held = new Set<HeldRange>();

  /** A token for the range, or undefined when a byte of it is taken. */
  tryTake(offset: number, length: number): HeldRange | undefined {
    const end = offset + length;
    for (const range of this.#held) {
      if (range.offset < end && offset < range.end) return undefined;
    }
    const taken = { offset, end };
    this.#held.add(taken);
    return taken;
  }

  release(range: HeldRange): void {
    this.#held.delete(range);
  }
}
