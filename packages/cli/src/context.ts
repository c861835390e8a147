/** Where a command writes: the part of a process stream that the commands use. */
export interface OutputStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** What a command gets from outside, so that a test can drive it without a process of its own. */
export interface CliContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Calls `listener` for each Ctrl-C or SIGTERM from now on; what is returned ends that. */
  onInterrupt(listener: () => void): () => void;
  /** Ends the process at once: for the second Ctrl-C, when nothing is worth waiting for. */
  leave(exitCode: number): void;
}

/** What a command ends with: see the exit codes in `--help`. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 130;

/** The context of a real process. */
export function processContext(): CliContext {
  return {
    env: process.env,
    stdout: process.stdout,
    stderr: process.stderr,
    onInterrupt(listener) {
      process.on('SIGINT', listener);
      process.on('SIGTERM', listener);
      return () => {
        process.off('SIGINT', listener);
        process.off('SIGTERM', listener);
      };
    },
    leave(exitCode) {
      process.exit(exitCode);
    },
  };
}
