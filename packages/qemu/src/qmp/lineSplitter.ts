const SMALLEST_BYTES = 4096;

/**
 * Cuts a stream of bytes into lines, however it comes in parts. A line is never longer than `limitBytes`, and what is kept of one
 * that has not ended takes at most twice its length: a peer that sends it byte by byte costs no more.
 */
export class LineSplitter {
  readonly #limitBytes: number;
  #kept = Buffer.alloc(0);
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** The lines that end in `part`, without their ends; undefined when one is too long, and nothing is to be pushed after that. */
  push(part: Buffer): string[] | undefined {
    const lines: string[] = [];
    let from = 0;
    for (;;) {
      const end = part.indexOf(0x0a, from);
      const piece = part.subarray(from, end === -1 ? part.length : end);
      if (this.#bytes + piece.length > this.#limitBytes) return undefined;
      this.#keep(piece);
      if (end === -1) return lines;
      lines.push(this.#kept.toString('utf8', 0, this.#bytes).replace(/\r$/, ''));
      this.#bytes = 0;
      from = end + 1;
    }
  }

  #keep(piece: Buffer): void {
    const needed = this.#bytes + piece.length;
    if (needed > this.#kept.length) {
      const grown = Buffer.alloc(Math.max(SMALLEST_BYTES, needed, Math.min(this.#kept.length * 2, this.#limitBytes)));
      this.#kept.copy(grown, 0, 0, this.#bytes);
      this.#kept = grown;
    }
    piece.copy(this.#kept, this.#bytes);
    this.#bytes = needed;
  }
}
