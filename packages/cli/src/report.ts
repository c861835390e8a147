import { type ErrorCode, type GodwitError, toGodwitError } from '@godwit/errors';
import type { CliContext } from './context.js';
import { oneLine } from './display/text.js';

/** What to try, for errors whose message cannot know it is read by somebody with a shell. */
const HINTS: Partial<Record<ErrorCode, string>> = {
  E_UNAUTHORIZED: 'the file that the agent was started with, or GODWIT_TOKEN_FILE',
};

/** The one line of an error: `godwit: CODE what was wrong; what the agent added; what to try`. */
export function errorLine(error: GodwitError): string {
  const detail = error.detail === undefined || error.detail === '' ? '' : `; ${error.detail}`;
  const hint = HINTS[error.code] === undefined ? '' : `; ${HINTS[error.code]}`;
  return oneLine(`godwit: ${error.code} ${error.message}${detail}${hint}`);
}

/** Prints whatever was thrown as one line on stderr. */
export function printError(context: CliContext, thrown: unknown): void {
  context.stderr.write(`${errorLine(toGodwitError(thrown))}\n`);
}
