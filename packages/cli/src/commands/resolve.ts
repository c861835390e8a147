import { GodwitError } from '@godwit/errors';
import type { CliContext, ExitCode } from '../context.js';
import { renderStatus } from '../display/statusText.js';
import type { Settings } from '../settings/settings.js';
import { connect } from './connection.js';
import { exitCodeOfView } from './outcome.js';

const RISK =
  'if the other side owns the image too, both run on from here with different contents, and nobody can merge them; ' +
  'look there first, and say --yes-i-know';

/** `godwit resolve`: ends an unknown outcome, by asking or by the operator's word. Exit code as migrate: 4 while it is unknown. */
export async function resolve(context: CliContext, id: string, settings: Settings): Promise<ExitCode> {
  const forceOwner = settings.choice('forceOwner', ['source', 'destination']);
  const yesIKnow = settings.flag('yesIKnow');
  if (forceOwner !== undefined && !yesIKnow) {
    throw new GodwitError('E_USAGE', { problem: `--force-owner ${forceOwner}: ${RISK}` });
  }
  const view = await connect(settings).resolve(id, forceOwner === undefined ? {} : { forceOwner, yesIKnow });
  if (settings.flag('json')) context.stdout.write(`${JSON.stringify(view)}\n`);
  else context.stdout.write(`${renderStatus(view, context.stdout.columns ?? 80, Date.now()).join('\n')}\n`);
  return exitCodeOfView(view);
}
