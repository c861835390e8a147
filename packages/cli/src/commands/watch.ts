import type { CliContext, ExitCode } from '../context.js';
import type { Settings } from '../settings/settings.js';
import { connect } from './connection.js';
import { readPatience } from './patience.js';
import { watchToEnd } from './watching.js';

/** `godwit watch`: follows a migration that runs already; Ctrl-C leaves it running. */
export async function watch(context: CliContext, id: string, settings: Settings): Promise<ExitCode> {
  const plan = { id, json: settings.flag('json'), patience: readPatience(settings) };
  return watchToEnd(context, connect(settings), {
    ...plan,
    onInterrupt: (_count, reporter) => {
      reporter.close();
      context.stderr.write(`no longer watching; the migration goes on: see \`godwit status ${id}\`\n`);
      context.leave(130);
    },
  });
}
