import { describe, expect, it } from 'vitest';
import { LiveScreen } from './liveScreen.js';
import { columnsOf } from './text.js';

const SEQUENCE_OR_CHARACTER = new RegExp(String.raw`(${String.fromCodePoint(27)}\[[?\d]*[A-Za-z])|([\s\S])`, 'gu');

/** Just enough of a terminal to see what a person sees: cursor up, erase, newline; lines wrap. */
class Terminal {
  readonly isTTY = true;
  columns: number;
  rows = 24;
  readonly lines: string[] = [''];
  cursorShown = true;
  #row = 0;

  constructor(columns: number) {
    this.columns = columns;
  }

  write(text: string): void {
    for (const [, sequence, character] of text.matchAll(SEQUENCE_OR_CHARACTER)) {
      if (sequence !== undefined) this.#control(sequence.slice(2));
      else if (character === '\n') this.#newline();
      else if (character !== undefined && character !== '\r') this.#put(character);
    }
  }

  #control(sequence: string): void {
    if (sequence === '?25l') this.cursorShown = false;
    else if (sequence === '?25h') this.cursorShown = true;
    else if (sequence.endsWith('A')) {
      this.#row -= Number(sequence.slice(0, -1));
      this.#column = 0;
    } else if (sequence === 'J') this.lines.splice(this.#row, Number.POSITIVE_INFINITY, '');
    else if (sequence === 'K') this.lines[this.#row] = (this.lines[this.#row] ?? '').slice(0, this.#column);
  }

  #column = 0;
  #newline(): void {
    this.#row += 1;
    this.#column = 0;
    this.lines[this.#row] ??= '';
  }

  #put(character: string): void {
    const line = this.lines[this.#row] ?? '';
    this.lines[this.#row] = line.slice(0, this.#column) + character + line.slice(this.#column + 1);
    this.#column += columnsOf(character);
  }
}

describe('the live screen', () => {
  it('draws over what it drew, longer and shorter, and gives the cursor back', () => {
    const terminal = new Terminal(40);
    terminal.write('before\n');
    const screen = new LiveScreen(terminal);
    screen.draw(['one', 'two']);
    expect(terminal.cursorShown).toBe(false);
    screen.draw(['a long first line', 'second', 'third']);
    expect(terminal.lines).toEqual(['before', 'a long first line', 'second', 'third', '']);
    screen.draw(['end']);
    expect(terminal.lines).toEqual(['before', 'end', '']);
    screen.close();
    screen.close();
    expect(terminal.cursorShown).toBe(true);
  });

  it('leaves the last column free, for some terminals wrap there', () => {
    expect(new LiveScreen(new Terminal(80)).columns).toBe(79);
  });

  it('counts wrapped lines after the terminal was made narrower', () => {
    const written: string[] = [];
    const stream = { isTTY: true, columns: 40, rows: 24, write: (text: string) => written.push(text) };
    const screen = new LiveScreen(stream);
    screen.draw([`\u001b[1m${'x'.repeat(30)}\u001b[0m`, 'y']);
    stream.columns = 20;
    screen.draw(['z']);
    expect(written.at(-1)).toContain('\u001b[3A');
  });
});
