import { execFile } from 'node:child_process';
import { DaemonProcess, environmentOf, GODWIT, type Role } from './daemonProcess.js';

/** How a command ended and what it said. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `godwit` with these arguments, without the GODWIT_* variables of the person who tests. */
export function godwit(...args: readonly string[]): Promise<CommandResult> {
  return new Promise((resolve) => {
    execFile(process.execPath, [GODWIT, ...args], { env: environmentOf() }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      resolve({ code, stdout, stderr });
    });
  });
}

/** Starts a daemon that must refuse to start; what it printed, and its exit code. */
export async function refusedStart(
  role: Role,
  ...args: readonly string[]
): Promise<{ code: number | null; output: string }> {
  const daemon = new DaemonProcess({ role, args });
  // One that starts after all is ended, and its exit code then is not that of a refusal.
  const impatience = setTimeout(() => daemon.signal('SIGKILL'), 20_000);
  const { code } = await daemon.ended;
  clearTimeout(impatience);
  return { code, output: daemon.output };
}

/** "One clear line": exactly one, with the code in it, and no stack. */
export function isOneClearLine(output: string, code: string): boolean {
  const lines = output.trim().split('\n');
  return lines.length === 1 && (lines[0] ?? '').includes(code);
}
