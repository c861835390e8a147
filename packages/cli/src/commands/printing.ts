import type { CliContext, OutputStream } from '../context.js';

/** Results go to stdout, a line each. */
export function print(context: CliContext, lines: readonly string[]): void {
  context.stdout.write(`${lines.join('\n')}\n`);
}

/** Nothing is cut in a pipe: who reads there can read long lines. */
export function widthOf(context: CliContext, stream: OutputStream = context.stdout): number {
  return stream.isTTY === true ? (stream.columns ?? 80) : Number.POSITIVE_INFINITY;
}
