import { checkImageName } from '@godwit/agent';
import { GodwitError } from '@godwit/errors';
import type { StartRequest } from '../client/agentClient.js';
import type { CliContext, ExitCode } from '../context.js';
import type { Settings } from '../settings/settings.js';
import { connect } from './connection.js';
import { readFollowing, startAndFollow } from './departure.js';
import { readDestination, readHow } from './migrationRequest.js';

/** `godwit migrate`: starts a migration and, unless detached, follows it to its end. */
export async function migrate(context: CliContext, names: readonly string[], settings: Settings): Promise<ExitCode> {
  const request = readRequest(names, settings);
  const following = readFollowing(settings);
  const client = connect(settings);
  return startAndFollow(context, client, following, { start: () => client.start(request) });
}

/** Everything that can be found wrong before the first call, in the order in which it was typed. */
function readRequest(names: readonly string[], settings: Settings): StartRequest {
  for (const name of names) checkImageName(name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new GodwitError('E_USAGE', { problem: `image "${twice}" is named twice` });
  return {
    images: names,
    destination: readDestination(settings, 'migrate'),
    mode: settings.choice('mode', ['live', 'cold']),
    ...readHow(settings),
    seed: settings.flag('seed') || undefined,
  };
}
