import { type ChildProcess, spawn } from 'node:child_process';
import { environmentOf } from '../../harness/daemonProcess.js';
import type { Stage } from '../../harness/stage.js';

/** No line that is typed here takes longer. */
const LINE_MS = 120_000;
const MARK = 'end of line with';

/** What came of a line, and what it printed. */
interface Typed {
  readonly code: number;
  readonly output: string;
}

/** A shell that takes one line after the other, and keeps its variables, its aliases and what runs behind it. */
export class Terminal {
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;
  #output = '';
  #hear: () => void = () => undefined;

  private constructor(child: ChildProcess) {
    this.#child = child;
    const take = (part: Buffer) => {
      this.#output += part.toString('utf8');
      this.#hear();
    };
    child.stdout?.on('data', take);
    child.stderr?.on('data', take);
    child.stdin?.on('error', () => undefined);
    this.#ended = new Promise((resolve) => {
      child.once('exit', () => {
        resolve();
        this.#hear();
      });
    });
  }

  /** In a folder; `wrapper` is a command in front of the shell. */
  static open(stage: Stage, cwd: string, wrapper: readonly string[] = []): Terminal {
    const [program, ...args] = [...wrapper, 'bash', '-O', 'expand_aliases'];
    const terminal = new Terminal(spawn(program, args, { cwd, env: environmentOf(), stdio: 'pipe' }));
    stage.keepOutput(() => `--- typed ${wrapper.join(' ')}\n${terminal.#output}`);
    stage.atEnd(() => terminal.exit());
    return terminal;
  }

  /** Types a line, and waits until the shell takes the next one. */
  type(line: string): Promise<Typed> {
    const since = this.#output.length;
    this.#child.stdin?.write(`${line}\necho "${MARK} $?"\n`);
    return new Promise((resolve, reject) => {
      const impatience = setTimeout(() => reject(new Error(`no end of ${line}`)), LINE_MS);
      this.#hear = () => {
        const typed = this.#output.slice(since);
        const [end, code] = new RegExp(`^${MARK} (\\d+)$`, 'm').exec(typed) ?? [];
        const isOver = this.#child.exitCode !== null || this.#child.signalCode !== null;
        if (end === undefined && !isOver) return;
        clearTimeout(impatience);
        if (end === undefined) reject(new Error(`the shell ended at ${line}`));
        else resolve({ code: Number(code), output: typed.slice(0, typed.indexOf(end)) });
      };
      this.#hear();
    });
  }

  /** What runs behind it goes on. */
  async exit(): Promise<void> {
    this.#child.stdin?.end();
    await this.#ended;
  }
}
