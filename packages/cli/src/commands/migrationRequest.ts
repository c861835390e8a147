import { parseAddress, parseDuration, parseRate } from '@godwit/agent';
import { GodwitError } from '@godwit/errors';
import type { MigrationHow } from '../client/agentClient.js';
import type { Settings } from '../settings/settings.js';

/** Beyond 16 lanes nothing was gained by any peer; the protocol refuses more (protocol/limits). */
const LANES_MAXIMUM = 16;
const ROUNDS_MAXIMUM = 1_000_000;
/** Timers hold 2^31 - 1 ms, some 24 days. */
const DURATION_MAXIMUM_MS = 2 ** 31 - 1;

/** What `--to` says. @throws GodwitError E_USAGE, E_BAD_VALUE */
export function readDestination(settings: Settings, command: string): string {
  const destination = settings.parsed('to', parseDestination);
  if (destination !== undefined) return destination;
  throw new GodwitError('E_USAGE', {
    problem: `${command} needs --to HOST:PORT, the destination, such as --to host2:7400`,
  });
}

/** What the options say about how a migration is to go about it. @throws GodwitError E_BAD_VALUE */
export function readHow(settings: Settings): MigrationHow {
  return {
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
  };
}

function parseDestination(text: string, origin: string): string {
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
