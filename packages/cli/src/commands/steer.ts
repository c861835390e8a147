import type { MigrationView } from '@godwit/agent';
import type { AgentClient } from '../client/agentClient.js';
import { followMigration } from '../client/follow.js';
import type { CliContext, ExitCode } from '../context.js';
import { renderSummary, verdict } from '../display/summary.js';
import type { Settings } from '../settings/settings.js';
import { connect } from './connection.js';
import { exitCodeOfView } from './outcome.js';
import { readPatience } from './patience.js';

/** `godwit cutover`: lets a migration that waits in pre-switchover switch, and waits for the result. */
export async function cutover(context: CliContext, id: string, settings: Settings): Promise<ExitCode> {
  const client = connect(settings);
  const last = await steer(context, client, settings, {
    id,
    act: () => client.cutover(id),
    asked: 'cutover asked for',
  });
  return last === undefined ? 0 : exitCodeOfView(last);
}

/** `godwit cancel`: ends a migration before it switches. 0 when cancelled, otherwise as it ended. */
export async function cancel(context: CliContext, id: string, settings: Settings): Promise<ExitCode> {
  const client = connect(settings);
  const last = await steer(context, client, settings, { id, act: () => client.cancel(id), asked: 'cancel asked for' });
  if (last === undefined || last.state === 'cancelled') return 0;
  // It completed all the same: the cancel came too late, and that is not what was wanted.
  return last.state === 'completed' ? 1 : exitCodeOfView(last);
}

interface Steering {
  readonly id: string;
  readonly asked: string;
  act(): Promise<void>;
}

/** Asks, then (unless `--no-wait`) waits for the end and says it; undefined when it was not waited for. */
async function steer(
  context: CliContext,
  client: AgentClient,
  settings: Settings,
  steering: Steering,
): Promise<MigrationView | undefined> {
  const patience = readPatience(settings);
  const json = settings.flag('json');
  const wait = settings.flag('wait', true);
  await steering.act();
  if (!wait) {
    if (!json) context.stdout.write(`${steering.id}: ${steering.asked}; see \`godwit watch ${steering.id}\`\n`);
    else context.stdout.write(`${JSON.stringify(await client.migration(steering.id))}\n`);
    return undefined;
  }
  let last: MigrationView | undefined;
  for await (const view of followMigration(client, steering.id, patience)) last = view;
  if (last === undefined) return undefined;
  const lines = last.state === 'cancelled' ? [verdict(last)] : renderSummary(last);
  context.stdout.write(json ? `${JSON.stringify(last)}\n` : `${lines.join('\n')}\n`);
  return last;
}
