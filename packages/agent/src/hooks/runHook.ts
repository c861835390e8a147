/**
 * Runs the commands that a user hangs on a migration (`--on-freeze`, `--on-release`, `--on-takeover`).
 * Agents call it from the handover; the command is the user's own, so it gets a shell.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { GodwitError, problemOf } from '@godwit/errors';
import { formatDuration } from '../units/duration.js';

const STDERR_LIMIT_BYTES = 4096;
/** How long the rest of stderr may take to arrive once the command has ended. */
const STDERR_GRACE_MS = 200;

export interface HookResult {
  readonly durationMs: number;
  /** What the command wrote to stderr, cut at 4 KiB. */
  readonly stderr: string;
}

/**
 * Runs `command` with /bin/sh in a process group of its own and waits for it. Variables get the prefix
 * GODWIT_ unless they have it. When the time is up or `signal` fires, the whole group is killed. A
 * command that the hook leaves in the background lives on; redirect its output.
 *
 * @throws GodwitError E_HOOK when it cannot be started, fails, takes too long or is cancelled
 */
export async function runHook(
  hook: string,
  command: string,
  variables: Readonly<Record<string, string>>,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<HookResult> {
  if (signal?.aborted) throw new GodwitError('E_HOOK', { hook, problem: 'cancelled' });
  const startedMs = performance.now();
  const child = spawn('/bin/sh', ['-c', command], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...prefixed(variables) },
  });
  const stderr = captureStderr(child);
  const problem = await outcomeOf(child, timeoutMs, signal);
  const said = await stderr.text();
  if (problem !== undefined) {
    throw new GodwitError('E_HOOK', { hook, problem }, said === '' ? {} : { detail: said });
  }
  return { durationMs: performance.now() - startedMs, stderr: said };
}

function prefixed(variables: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(variables);
  return Object.fromEntries(
    entries.map(([name, value]) => [name.startsWith('GODWIT_') ? name : `GODWIT_${name}`, value]),
  );
}

/** Resolves to what went wrong, or undefined, once the shell has ended; never before. */
function outcomeOf(child: ChildProcess, timeoutMs: number, signal?: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    let killedBecause: string | undefined;
    const kill = (reason: string) => {
      killedBecause ??= reason;
      killGroup(child);
    };
    const onAbort = () => kill('cancelled');
    const timer = setTimeout(() => kill(`took longer than ${formatDuration(timeoutMs)} and was killed`), timeoutMs);
    const settle = (problem: string | undefined) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      resolve(problem);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    child.once('error', (error) => settle(`cannot be started (${problemOf(error)})`));
    child.once('exit', (code, killedBy) => {
      if (killedBecause !== undefined) return settle(killedBecause);
      if (killedBy !== null) return settle(`killed by ${killedBy}`);
      settle(code === 0 ? undefined : `exit code ${code}`);
    });
  });
}

/** Kills the shell and what it started; the group is gone already when the shell has just ended. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}

/** Keeps the first 4 KiB of stderr and reads on, so that no writer blocks or meets a closed pipe. */
function captureStderr(child: ChildProcess): { text(): Promise<string> } {
  const chunks: Buffer[] = [];
  let keptBytes = 0;
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    const kept = chunk.subarray(0, STDERR_LIMIT_BYTES - keptBytes);
    if (kept.length > 0) chunks.push(kept);
    keptBytes += kept.length;
  });
  return {
    async text() {
      let timer: NodeJS.Timeout | undefined;
      const grace = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, STDERR_GRACE_MS);
      });
      await Promise.race([ended, grace]);
      clearTimeout(timer);
      return Buffer.concat(chunks).toString('utf8').trim();
    },
  };
}
