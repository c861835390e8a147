import { stripVTControlCharacters } from 'node:util';
import type { OutputStream } from '../context.js';
import { columnsOf } from './text.js';

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const CLEAR_LINE_END = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

/**
 * Some lines at the end of a terminal, drawn over in place. Writes each frame with one call, so that a
 * slow terminal never shows half of it. `close` leaves the cursor visible below what was drawn last.
 */
export class LiveScreen {
  readonly #stream: OutputStream;
  #drawn: readonly string[] = [];
  #hidden = false;

  constructor(stream: OutputStream) {
    this.#stream = stream;
  }

  /** Columns that may be used: one less than there are, for writing the last one makes some terminals wrap. */
  get columns(): number {
    return Math.max(20, (this.#stream.columns ?? 80) - 1);
  }

  get rows(): number {
    return this.#stream.rows ?? 24;
  }

  draw(lines: readonly string[]): void {
    const prefix = this.#hidden ? '' : HIDE_CURSOR;
    this.#hidden = true;
    const body = lines.map((line) => `${line}${CLEAR_LINE_END}\n`).join('');
    this.#stream.write(`${prefix}${this.#home()}${body}${CLEAR_BELOW}`);
    this.#drawn = lines;
  }

  /** Takes away what was drawn and shows the cursor. */
  clear(): void {
    if (this.#drawn.length > 0) this.#stream.write(`${this.#home()}${CLEAR_BELOW}`);
    this.#drawn = [];
    this.close();
  }

  /** Shows the cursor again; safe to call twice, and from an exit handler. */
  close(): void {
    if (this.#hidden) this.#stream.write(SHOW_CURSOR);
    this.#hidden = false;
  }

  /** To the first line drawn. A terminal made narrower since has wrapped the lines, so they are counted anew. */
  #home(): string {
    const columns = Math.max(1, this.#stream.columns ?? 80);
    const rows = this.#drawn.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(columnsOf(stripVTControlCharacters(line)) / columns)),
      0,
    );
    return rows === 0 ? '\r' : `\r\u001b[${rows}A`;
  }
}
