import type { CliContext, OutputStream } from '../context.js';
import { main } from '../main.js';

/** A context that remembers, for commands that run inside the test. */
export class TestContext implements CliContext {
  env: Record<string, string | undefined> = {};
  out = '';
  log = '';
  /** What `leave` was called with. */
  left: number | undefined;
  readonly stdout: OutputStream = { write: (text) => (this.out += text) };
  stderr: OutputStream = { write: (text) => (this.log += text) };
  readonly #listeners = new Set<() => void>();

  onInterrupt(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  leave(exitCode: number): void {
    this.left ??= exitCode;
  }

  /** Ctrl-C. */
  interrupt(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  /** Runs a command line, written as one text of words. */
  run(line: string): Promise<number> {
    return main(
      this,
      line.split(' ').filter((word) => word !== ''),
    );
  }
}
