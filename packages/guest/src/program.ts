import { execFile } from 'node:child_process';
import { GodwitError } from '@godwit/errors';

const TIMEOUT_MS = 60_000;
const OUTPUT_BYTES = 64 * 1024 * 1024;

export interface ProgramOptions {
  /** When it is killed. */
  readonly timeoutMs?: number;
  readonly cwd?: string;
}

/** How a program ended: code -1 where a signal did it. */
export interface ProgramResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, whatever that is. @throws GodwitError E_INTERNAL when it cannot be started */
export function run(
  program: string,
  args: readonly string[],
  { timeoutMs = TIMEOUT_MS, cwd }: ProgramOptions = {},
): Promise<ProgramResult> {
  const options = {
    timeout: timeoutMs,
    maxBuffer: OUTPUT_BYTES,
    env: { ...process.env, LC_ALL: 'C' },
    ...(cwd === undefined ? {} : { cwd }),
  };
  return new Promise((resolve, reject) => {
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) resolve({ code: 0, stdout, stderr });
      else if (typeof error.code !== 'string') resolve({ code: error.code ?? -1, stdout, stderr });
      else reject(new GodwitError('E_INTERNAL', { problem: `${program}: ${error.message}` }, { cause: error }));
    });
  });
}

/** As `run`, for one that has to succeed: its standard output. @throws GodwitError E_INTERNAL with all that it said */
export async function runWell(program: string, args: readonly string[], options?: ProgramOptions): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, options);
  if (code === 0) return stdout;
  const problem = `${program} ${args.join(' ')} ended with ${code}`;
  throw new GodwitError('E_INTERNAL', { problem }, { detail: `${stdout}${stderr}`.trim() });
}
