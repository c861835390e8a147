import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { killGroup } from '../../harness/foreignCommand.js';
import type { Stage } from '../../harness/stage.js';

/** A program that answers each line with a line; ends with the stage. */
export class Dialogue {
  readonly #child: ChildProcess;
  readonly #name: string;
  #answered: ((line: string) => void) | undefined;
  #failed: ((error: Error) => void) | undefined;

  constructor(stage: Stage, program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#name = program;
    const child = spawn(program, args, {
      detached: true,
      env: { ...process.env, ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (line) => this.#answered?.(line));
    child.once('close', (code, signal) => this.#failed?.(new Error(`${program} ended with ${signal ?? code}`)));
    child.once('error', (error) => this.#failed?.(error));
    // It is asked again only after it was heard that it has ended.
    child.stdin.on('error', () => undefined);
    stage.atEnd(async () => killGroup(child));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** One question at a time. */
  ask(line: string): Promise<string> {
    if (this.#child.exitCode !== null) throw new Error(`${this.#name} has ended`);
    return new Promise((resolve, reject) => {
      [this.#answered, this.#failed] = [resolve, reject];
      this.#child.stdin?.write(`${line}\n`);
    });
  }

  /** As ask, for an answer that begins with a number. */
  async askNumber(line: string): Promise<number> {
    return Number.parseFloat(await this.ask(line));
  }
}
