import type { MigrationView } from '@godwit/agent';
import { GodwitError } from '@godwit/errors';
import type { AgentClient } from '../client/agentClient.js';
import { DEFAULT_PATIENCE, followMigration } from '../client/follow.js';
import { createReporter } from '../commands/reporter.js';
import type { CliContext } from '../context.js';

/** Follows a migration to its end as `godwit migrate` shows it; its final view. */
export async function followShown(
  context: CliContext,
  client: AgentClient,
  id: string,
  stop: AbortSignal,
): Promise<MigrationView> {
  const reporter = createReporter(context);
  try {
    let last: MigrationView | undefined;
    for await (const view of followMigration(client, id, DEFAULT_PATIENCE, stop)) {
      reporter.show(view);
      last = view;
    }
    if (last === undefined) throw new GodwitError('E_NOT_FOUND', { what: 'migration', name: id });
    return last;
  } finally {
    reporter.close();
  }
}
