import type { MigrationView } from '@godwit/agent';
import { toGodwitError } from '@godwit/errors';
import type { AgentClient } from '../client/agentClient.js';
import type { Patience } from '../client/follow.js';
import type { CliContext, ExitCode } from '../context.js';
import { errorLine } from '../report.js';
import type { Settings } from '../settings/settings.js';
import { readPatience } from './patience.js';
import type { Reporter } from './reporter.js';
import { watchToEnd } from './watching.js';

/** How a migration that a command starts is followed. */
export interface Following {
  readonly patience: Patience;
  readonly json: boolean;
  readonly detach: boolean;
}

/** The command that shows a migration, for who leaves before its end; of all of them where the id is empty. */
type LookHint = (id: string) => string;

/** A migration that is about to start. */
export interface Departing {
  /** Its id, once the agent has taken it. */
  readonly start: () => Promise<string>;
  readonly look?: LookHint;
  /** Said first at the end, before what every migration says. */
  readonly summary?: (view: MigrationView) => string[];
}

/** @throws GodwitError E_BAD_VALUE */
export function readFollowing(settings: Settings): Following {
  return { patience: readPatience(settings), json: settings.flag('json'), detach: settings.flag('detach') };
}

/** Starts it and, unless detached, follows it to its end; Ctrl-C cancels it, a second one leaves. Its exit code. */
export async function startAndFollow(
  context: CliContext,
  client: AgentClient,
  { patience, json, detach }: Following,
  { start, look = (id) => `godwit status ${id}`.trim(), summary = () => [] }: Departing,
): Promise<ExitCode> {
  const { id, earlyInterrupts } = await startListening(context, start, look);
  if (detach) {
    context.stdout.write(json ? `${JSON.stringify({ id })}\n` : `${id}\n`);
    return 0;
  }
  const onInterrupt = (count: number, reporter: Reporter): void =>
    interrupted(context, client, { id, count, look }, reporter);
  return watchToEnd(context, client, { id, json, patience, earlyInterrupts, onInterrupt, summary });
}

/** Posts the migration while Ctrl-C is counted: a press before the id is known cancels once it is. */
async function startListening(
  context: CliContext,
  start: () => Promise<string>,
  look: LookHint,
): Promise<{ id: string; earlyInterrupts: number }> {
  let earlyInterrupts = 0;
  const stop = context.onInterrupt(() => {
    earlyInterrupts += 1;
    if (earlyInterrupts === 1)
      context.stderr.write('waiting for the source to answer, then cancelling; Ctrl-C again leaves at once\n');
    else leave(context, look(''));
  });
  try {
    return { id: await start(), earlyInterrupts };
  } finally {
    stop();
  }
}

function interrupted(
  context: CliContext,
  client: AgentClient,
  { id, count, look }: { id: string; count: number; look: LookHint },
  reporter: Reporter,
): void {
  if (count > 1) {
    reporter.close();
    leave(context, look(id));
    return;
  }
  reporter.note('cancelling; Ctrl-C again leaves at once');
  client.cancel(id).catch((thrown: unknown) => reporter.note(errorLine(toGodwitError(thrown))));
}

function leave(context: CliContext, command: string): void {
  context.stderr.write(`left without waiting; the migration may still be on its way: see \`${command}\`\n`);
  context.leave(4);
}
