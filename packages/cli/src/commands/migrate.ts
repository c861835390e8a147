import { checkImageName, parseAddress, parseDuration, parseRate } from '@godwit/agent';
import { GodwitError, toGodwitError } from '@godwit/errors';
import type { AgentClient, StartRequest } from '../client/agentClient.js';
import type { CliContext, ExitCode } from '../context.js';
import { errorLine } from '../report.js';
import type { Settings } from '../settings/settings.js';
import { connect } from './connection.js';
import { readPatience } from './patience.js';
import type { Reporter } from './reporter.js';
import { watchToEnd } from './watching.js';

/** Beyond 16 lanes nothing was gained by any peer; the protocol refuses more (protocol/limits). */
const LANES_MAXIMUM = 16;
const ROUNDS_MAXIMUM = 1_000_000;
/** Timers hold 2^31 - 1 ms, some 24 days. */
const DURATION_MAXIMUM_MS = 2 ** 31 - 1;

/** `godwit migrate`: starts a migration and, unless detached, follows it to its end. */
export async function migrate(context: CliContext, names: readonly string[], settings: Settings): Promise<ExitCode> {
  const request = readRequest(names, settings);
  const patience = readPatience(settings);
  const json = settings.flag('json');
  const detach = settings.flag('detach');
  const client = connect(settings);
  const { id, earlyInterrupts } = await startListening(context, client, request);
  if (detach) {
    context.stdout.write(json ? `${JSON.stringify({ id })}\n` : `${id}\n`);
    return 0;
  }
  const onInterrupt = (count: number, reporter: Reporter): void => interrupted(context, client, id, count, reporter);
  return watchToEnd(context, client, { id, json, patience, earlyInterrupts, onInterrupt });
}

/** Everything that can be found wrong before the first call, in the order in which it was typed. */
export function readRequest(names: readonly string[], settings: Settings): StartRequest {
  for (const name of names) checkImageName(name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new GodwitError('E_USAGE', { problem: `image "${twice}" is named twice` });
  const destination = settings.parsed('to', readDestination);
  if (destination === undefined) {
    throw new GodwitError('E_USAGE', {
      problem: 'migrate needs --to HOST:PORT, the destination, such as --to host2:7400',
    });
  }
  return {
    images: names,
    destination,
    mode: settings.choice('mode', ['live', 'cold']),
    downtimeLimitMs: settings.parsed('downtime', boundedDuration),
    bandwidthLimit: settings.parsed('bandwidth', parseRate),
    scrubLimit: settings.parsed('scrubRate', parseRate),
    lanes: settings.integer('lanes', 1, LANES_MAXIMUM),
    encoding: settings.choice('encoding', ['auto', 'raw', 'lz4']),
    verify: settings.choice('verify', ['full', 'wire']),
    maxRounds: settings.integer('maxRounds', 1, ROUNDS_MAXIMUM),
    timeoutMs: settings.parsed('timeout', positiveDuration),
    onStall: settings.choice('onStall', ['abort', 'force']),
    cutover: settings.choice('cutover', ['auto', 'manual']),
    patienceMs: settings.parsed('resumeFor', boundedDuration),
    seed: settings.flag('seed') || undefined,
  };
}

function readDestination(text: string, origin: string): string {
  if (parseAddress(text, origin).port === 0) {
    throw new GodwitError('E_BAD_VALUE', {
      name: origin,
      value: text,
      expected: 'the port of the destination, such as HOST:7400',
    });
  }
  return text;
}

function boundedDuration(text: string, origin: string): number {
  const ms = parseDuration(text, origin);
  if (ms <= DURATION_MAXIMUM_MS) return ms;
  throw new GodwitError('E_BAD_VALUE', { name: origin, value: text, expected: 'at most 596h' });
}

function positiveDuration(text: string, origin: string): number {
  const ms = boundedDuration(text, origin);
  if (ms > 0) return ms;
  throw new GodwitError('E_BAD_VALUE', {
    name: origin,
    value: text,
    expected: 'a duration above zero such as 10s, 5m or 1h',
  });
}

/** Posts the migration while Ctrl-C is counted: a press before the id is known cancels once it is. */
async function startListening(
  context: CliContext,
  client: AgentClient,
  request: StartRequest,
): Promise<{ id: string; earlyInterrupts: number }> {
  let earlyInterrupts = 0;
  const stop = context.onInterrupt(() => {
    earlyInterrupts += 1;
    if (earlyInterrupts === 1)
      context.stderr.write('waiting for the source to answer, then cancelling; Ctrl-C again leaves at once\n');
    else leave(context, '');
  });
  try {
    return { id: await client.start(request), earlyInterrupts };
  } finally {
    stop();
  }
}

function interrupted(context: CliContext, client: AgentClient, id: string, count: number, reporter: Reporter): void {
  if (count > 1) {
    reporter.close();
    leave(context, id);
    return;
  }
  reporter.note('cancelling; Ctrl-C again leaves at once');
  client.cancel(id).catch((thrown: unknown) => reporter.note(errorLine(toGodwitError(thrown))));
}

function leave(context: CliContext, id: string): void {
  context.stderr.write(
    `left without waiting; the migration may still be on its way: see \`${`godwit status ${id}`.trim()}\`\n`,
  );
  context.leave(4);
}
