import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { until } from './condition.js';
import { FORCING } from './forced.js';
import { type ClientTls, httpCall } from './httpCall.js';

const ROOT = new URL('../../../', import.meta.url);

export type Role = 'source' | 'dest' | 'host';

export interface DaemonStart {
  readonly role: Role;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** A command in front of node, e.g. `ip netns exec NAME`. */
  readonly wrapper?: readonly string[];
  /** In front of the program on node's own command line, e.g. `--gc-global`. */
  readonly nodeArgs?: readonly string[];
}

/** The end of a process, as node reports it. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** The compiled program for a role: the cli, or the agent's own binary where the cli is not built. */
function programOf(role: Role): string[] {
  const cli = fileURLToPath(new URL('packages/cli/dist/bin.js', ROOT));
  if (existsSync(cli)) return [cli, role];
  const home = role === 'host' ? role : `${role}-agent`;
  return [fileURLToPath(new URL(`packages/${home}/dist/bin.js`, ROOT))];
}

/** Path of the `godwit` command, to be run with node. */
export const GODWIT = fileURLToPath(new URL('packages/cli/dist/bin.js', ROOT));

/** One daemon in a process of its own; its output is kept and shown when a test fails. */
export class DaemonProcess {
  readonly role: Role;
  readonly ended: Promise<ProcessEnd>;
  readonly #child: ChildProcess;
  readonly #output: string[] = [];
  #end: ProcessEnd | undefined;

  constructor(start: DaemonStart) {
    this.role = start.role;
    const node = [process.execPath, ...(start.nodeArgs ?? [])];
    const [program = '', ...args] = [...(start.wrapper ?? []), ...node, ...programOf(start.role), ...start.args];
    this.#child = spawn(program, args, { env: environmentOf(start.env), stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout?.on('data', (part: Buffer) => this.#output.push(part.toString('utf8')));
    this.#child.stderr?.on('data', (part: Buffer) => this.#output.push(part.toString('utf8')));
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => this.#output.push(`cannot start: ${error.message}\n`));
      this.#child.once('close', (code, signal) => {
        this.#end = { code, signal };
        resolve(this.#end);
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }
  get output(): string {
    return this.#output.join('');
  }
  get end(): ProcessEnd | undefined {
    return this.#end;
  }

  /** Resolves when /readyz of the API says 200; fails with the output when the process ends first. */
  async ready(apiUrl: string, token?: string, tls?: ClientTls): Promise<void> {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    await until(`${this.role} at ${apiUrl} to be ready`, async () => {
      if (this.#end !== undefined) throw new Error(`the ${this.role} agent ended at its start:\n${this.output}`);
      const answer = await httpCall({ method: 'GET', url: `${apiUrl}/readyz`, headers, tls }).catch(() => undefined);
      return answer?.status === 200;
    });
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it at once, as a crash would. */
  async kill(): Promise<void> {
    if (this.#end === undefined) this.#child.kill('SIGKILL');
    await this.ended;
  }

  /** SIGTERM, and SIGKILL when that has not ended it in time. */
  async stop(): Promise<ProcessEnd> {
    if (this.#end !== undefined) return this.#end;
    this.#child.kill('SIGTERM');
    const impatience = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    const end = await this.ended;
    clearTimeout(impatience);
    return end;
  }
}

/** Other GODWIT_* of the person who runs the tests must not steer what is under test. */
export function environmentOf(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('GODWIT_') || FORCING.includes(name));
  return { ...Object.fromEntries(kept), ...extra };
}
