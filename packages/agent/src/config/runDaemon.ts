/** The life of a daemon process: start, one line that says where, signals, exit code. */
import { constants } from 'node:os';
import { toGodwitError } from '@godwit/errors';
import type { RunningAgent, RunningDaemon } from './agentOptions.js';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** What a shell reports for a process that a signal ended. */
const SIGNALLED = 128;

/**
 * Starts an agent and returns once it listens. The first SIGINT or SIGTERM closes it, which cancels what is
 * on the move, and ends the process with 0; a second one ends it at once. An agent that cannot start is
 * reported in one line and sets the exit code of the error's row.
 *
 * @param name what the line on stderr calls it
 */
export async function runDaemon(name: string, start: () => Promise<RunningAgent | RunningDaemon>): Promise<void> {
  try {
    const agent = await start();
    closeOnSignal(name, agent);
    reloadOnSignal(agent);
    process.stderr.write(`${name}: ${whereabouts(agent)}\n`);
  } catch (thrown) {
    endWithError(thrown);
  }
}

/** `godwit: CODE message` on stderr, and the process ends with the exit code of the error's row. */
export function endWithError(thrown: unknown): never {
  const { code, message, detail, exitCode } = toGodwitError(thrown);
  process.stderr.write(`godwit: ${code} ${message}${detail === undefined ? '' : ` (${detail})`}\n`);
  // Not left to the event loop: an agent that failed half way may have opened something that holds it.
  process.exit(exitCode);
}

function whereabouts(agent: RunningAgent | RunningDaemon): string {
  if ('whereabouts' in agent) return agent.whereabouts;
  const { apiUrl, listenPort, nbdUris = [] } = agent;
  const migrations = listenPort === undefined ? [] : [`migrations on port ${listenPort}`];
  const nbd = nbdUris.length === 0 ? [] : [`NBD on ${nbdUris.join(' and ')}`];
  return [`API on ${apiUrl}`, ...migrations, ...nbd].join(', ');
}

/** Where there is nothing to read again SIGHUP stays what it is: the end. */
function reloadOnSignal(agent: RunningAgent | RunningDaemon): void {
  if (!('reload' in agent) || agent.reload === undefined) return;
  process.on('SIGHUP', agent.reload);
}

function closeOnSignal(name: string, agent: RunningAgent | RunningDaemon): void {
  let closing = false;
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (closing) process.exit(SIGNALLED + constants.signals[signal]);
      closing = true;
      process.stderr.write(`${name}: closing after ${signal}; once more to end at once\n`);
      agent.close().then(() => process.exit(0), endWithError);
    });
  }
}
