/** Cuts a stream of bytes into lines, however it comes in parts. A line is never longer than `limitBytes`. */
export class LineSplitter {
  readonly #limitBytes: number;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** The lines that end in `part`, without their ends; undefined when one is too long. */
  push(part: Buffer): string[] | undefined {
    const lines: string[] = [];
    let from = 0;
    for (;;) {
      const end = part.indexOf(0x0a, from);
      const piece = part.subarray(from, end === -1 ? part.length : end);
      this.#bytes += piece.length;
      if (this.#bytes > this.#limitBytes) return undefined;
      this.#parts.push(piece);
      if (end === -1) return lines;
      lines.push(Buffer.concat(this.#parts).toString('utf8').replace(/\r$/, ''));
      this.#parts = [];
      this.#bytes = 0;
      from = end + 1;
    }
  }
}
