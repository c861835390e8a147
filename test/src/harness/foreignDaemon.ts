import { type ChildProcess, spawn } from 'node:child_process';
import { connect } from 'node:net';
import { until } from './condition.js';
import { killGroup } from './foreignCommand.js';
import type { Stage } from './stage.js';

/** A program that we did not write and that stays: a server, a mount, a client that is to be killed. */
export class ForeignDaemon {
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #output: string[] = [];

  /** Started at once; killed with all that it started when the stage ends. */
  constructor(stage: Stage, program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#name = program;
    this.#child = spawn(program, args, {
      detached: true,
      env: { ...process.env, LC_ALL: 'C', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (part: Buffer) => this.#output.push(part.toString('utf8')));
    }
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#output.push(`cannot start: ${error.message}\n`);
        resolve();
      });
      this.#child.once('close', () => resolve());
    });
    stage.keepOutput(() => `--- ${program} ${args.join(' ')}\n${this.output}`);
    stage.atEnd(() => this.kill());
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }
  get output(): string {
    return this.#output.join('');
  }
  /** Null while it runs, or when a signal ended it. */
  get exitCode(): number | null {
    return this.#child.exitCode;
  }
  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Waits for what shows that it is ready; fails with its output when it ends before. */
  async ready(what: string, probe: () => Promise<boolean> | boolean): Promise<void> {
    await until(what, async () => {
      if (this.hasEnded) throw new Error(`${this.#name} ended before ${what}:\n${this.output}`);
      return probe();
    });
  }

  /** Ready when somebody listens there. */
  answering(place: { readonly port: number } | { readonly path: string }): Promise<void> {
    return this.ready(`${this.#name} to answer`, () => answers(place));
  }

  signal(signal: NodeJS.Signals): void {
    killGroup(this.#child, signal);
  }

  async kill(): Promise<void> {
    killGroup(this.#child);
    await this.ended;
  }
}

/** True when a connection to it is accepted. */
export function answers(place: { readonly port: number } | { readonly path: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ ...place, ...('port' in place ? { host: '127.0.0.1' } : {}) });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
