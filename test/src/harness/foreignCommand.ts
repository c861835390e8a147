/** Programs that we did not write: run with a time limit, their output kept, their children ended with them. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { CommandResult } from './command.js';

export interface ForeignOptions {
  /** When it, and all that it started, is killed. */
  readonly timeoutMs?: number;
  readonly cwd?: string;
  /** Beside the variables of the person who tests. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to its standard input, which is closed then. */
  readonly input?: string;
}

/** How a foreign program ended: code -1 where a signal did it, and whether that was ours for lack of time. */
export interface ForeignResult extends CommandResult {
  readonly signal: NodeJS.Signals | null;
  readonly timedOut: boolean;
}

const TIMEOUT_MS = 60_000;

/** Runs it to its end, whatever that is; fails only when it cannot be started. */
export function run(program: string, args: readonly string[], options: ForeignOptions = {}): Promise<ForeignResult> {
  const { timeoutMs = TIMEOUT_MS, cwd, env, input } = options;
  const child = spawn(program, args, {
    ...(cwd === undefined ? {} : { cwd }),
    env: { ...process.env, LC_ALL: 'C', ...env },
    detached: true,
    stdio: 'pipe',
  });
  const stdout = collected(child.stdout);
  const stderr = collected(child.stderr);
  // One that ends without having read what it was given is judged by how it ended.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input ?? '');
  let timedOut = false;
  const impatience = setTimeout(() => {
    timedOut = true;
    killGroup(child);
  }, timeoutMs);
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      clearTimeout(impatience);
      reject(error);
    });
    child.once('close', (code, signal) => {
      clearTimeout(impatience);
      resolve({ code: code ?? -1, signal, timedOut, stdout: stdout(), stderr: stderr() });
    });
  });
}

/** As `run` for one that has to succeed: its standard output, or an error that says all that it said. */
export async function runWell(program: string, args: readonly string[], options: ForeignOptions = {}): Promise<string> {
  const result = await run(program, args, options);
  if (result.code === 0) return result.stdout;
  const how = result.timedOut ? 'was killed for taking too long' : `ended with ${result.signal ?? result.code}`;
  throw new Error(`${program} ${args.join(' ')} ${how}:\n${result.stdout}\n${result.stderr}`);
}

/** Ends a process that was started detached, with everything that it started. */
export function killGroup(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // ESRCH: it ended in this moment, which is what was wanted.
  }
}

function collected(stream: NodeJS.ReadableStream): () => string {
  const parts: Buffer[] = [];
  stream.on('data', (part: Buffer) => parts.push(part));
  return () => Buffer.concat(parts).toString('utf8');
}
