import { setTimeout as wait } from 'node:timers/promises';
import { GodwitError, toGodwitError } from '@godwit/errors';
import { dialControl } from '@godwit/transport';
import { imagesUrl, type Peer } from './link.js';

const BACKOFF_START_MS = 250;
const BACKOFF_MAX_MS = 10_000;

/** What the destination says of a migration whose last answer was lost; settled on its disk before it says so. */
export type SettledOutcome =
  | { readonly owner: 'destination'; readonly imagesUrl: string }
  | { readonly owner: 'source' };

export interface Question {
  readonly migration: string;
  readonly names: readonly string[];
  /** The source's epochs, in the order of names. */
  readonly epochs: readonly number[];
}

/**
 * Asks the destination who owns, for ever, with back-off, until it answers or `signal` ends it
 * (engine.md section 3.3). An answer that settles nothing (`unknown`: it has no record and a file it
 * did not make) is reported through `onTry` and asked again: only an operator can end that.
 */
export async function resolveOutcome(
  peer: Peer,
  question: Question,
  signal: AbortSignal,
  onTry: (problem: GodwitError) => void,
): Promise<SettledOutcome> {
  for (let delayMs = BACKOFF_START_MS; ; delayMs = Math.min(BACKOFF_MAX_MS, delayMs * 2)) {
    signal.throwIfAborted();
    try {
      return await ask(peer, question, signal);
    } catch (error) {
      signal.throwIfAborted();
      onTry(toGodwitError(error));
    }
    await wait(delayMs, undefined, { signal });
  }
}

async function ask(peer: Peer, question: Question, signal: AbortSignal): Promise<SettledOutcome> {
  const { channel } = await dialControl({ ...peer, signal });
  try {
    channel.send('Resolve', { migrationId: question.migration, names: question.names, epochs: question.epochs });
    const outcome = await channel.waitFor('Outcome');
    if (outcome.state === 'owner') return { owner: 'destination', imagesUrl: imagesUrl(peer.host, outcome) };
    if (outcome.state === 'aborted') return { owner: 'source' };
    throw new GodwitError('E_OUTCOME_UNKNOWN', {}, { detail: `the destination answers "${outcome.state}"` });
  } finally {
    channel.close();
  }
}
