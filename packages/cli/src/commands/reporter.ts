import type { MigrationView } from '@godwit/agent';
import type { CliContext } from '../context.js';
import { LiveScreen } from '../display/liveScreen.js';
import { renderLive } from '../display/liveView.js';
import { choosePaint } from '../display/paint.js';
import { PlainLog } from '../display/plainLog.js';

/** Shows a migration as it goes, on stderr; stdout is for results. */
export interface Reporter {
  show(view: MigrationView): void;
  /** Something said beside the migration itself, such as that a cancel was asked for. */
  note(text: string): void;
  /** Nothing follows; the terminal is as it was. */
  close(): void;
}

/** A live display on a terminal, plain lines otherwise (a dumb terminal counts as otherwise). */
export function createReporter(context: CliContext): Reporter {
  const isTerminal = context.stderr.isTTY === true && context.env['TERM'] !== 'dumb';
  return isTerminal ? new LiveReporter(context) : new PlainReporter(context);
}

class LiveReporter implements Reporter {
  readonly #screen: LiveScreen;
  readonly #context: CliContext;
  readonly #restore = (): void => this.#screen.close();
  readonly #redraw = (): void => this.#draw();
  #view: MigrationView | undefined;
  #note = '';

  constructor(context: CliContext) {
    this.#context = context;
    this.#screen = new LiveScreen(context.stderr);
    process.on('exit', this.#restore);
    process.on('SIGWINCH', this.#redraw);
  }

  show(view: MigrationView): void {
    this.#view = view;
    this.#draw();
  }

  note(text: string): void {
    this.#note = text;
    this.#draw();
  }

  /** The round table of the last frame stays; the summary follows below it. */
  close(): void {
    this.#screen.close();
    process.off('exit', this.#restore);
    process.off('SIGWINCH', this.#redraw);
  }

  #draw(): void {
    if (this.#view === undefined) return;
    const room = { columns: this.#screen.columns, rows: this.#screen.rows };
    this.#screen.draw(renderLive(this.#view, room, choosePaint(true, this.#context.env), this.#note));
  }
}

class PlainReporter implements Reporter {
  readonly #log = new PlainLog();
  readonly #context: CliContext;

  constructor(context: CliContext) {
    this.#context = context;
  }

  show(view: MigrationView): void {
    for (const line of this.#log.lines(view, performance.now())) this.#context.stderr.write(`${line}\n`);
  }

  note(text: string): void {
    this.#context.stderr.write(`${text}\n`);
  }

  close(): void {}
}
