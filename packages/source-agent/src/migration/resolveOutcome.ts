import { GodwitError, toGodwitError } from '@godwit/errors';
import type { FrameHeaders } from '@godwit/protocol';
import { dialPeer, imagesUrl, type Peer } from './link.js';
import type { OperatorWord } from './operatorWord.js';

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
 * did not make) is reported through `onTry` and asked again: only an operator can end that; undefined when one did.
 */
export async function resolveOutcome(
  peer: Peer,
  question: Question,
  signal: AbortSignal,
  onTry: (problem: GodwitError) => void,
  word: OperatorWord,
): Promise<SettledOutcome | undefined> {
  for (let delayMs = BACKOFF_START_MS; ; delayMs = Math.min(BACKOFF_MAX_MS, delayMs * 2)) {
    signal.throwIfAborted();
    if (word.forced !== undefined) return undefined;
    try {
      return await ask(peer, question, AbortSignal.any([signal, word.signal]));
    } catch (error) {
      signal.throwIfAborted();
      onTry(toGodwitError(error));
    }
    if (word.forced === undefined) await word.wait(delayMs, signal);
  }
}

async function ask(peer: Peer, question: Question, signal: AbortSignal): Promise<SettledOutcome> {
  const outcome = await askOnce(peer, question, signal);
  if (outcome.state === 'owner') return { owner: 'destination', imagesUrl: imagesUrl(peer.host, outcome) };
  if (outcome.state === 'aborted') return { owner: 'source' };
  throw new GodwitError('E_OUTCOME_UNKNOWN', {}, { detail: `the destination answers "${outcome.state}"` });
}

/** What the destination answers. The signal ends the waiting too: it may live, and stand at a disk that does not answer. */
export async function askOnce(peer: Peer, question: Question, signal: AbortSignal): Promise<FrameHeaders['Outcome']> {
  const { channel } = await dialPeer(peer, signal);
  const end = () => channel.destroy(toGodwitError(signal.reason));
  try {
    signal.addEventListener('abort', end, { once: true });
    signal.throwIfAborted();
    channel.send('Resolve', { migrationId: question.migration, names: question.names, epochs: question.epochs });
    return await channel.waitFor('Outcome');
  } finally {
    signal.removeEventListener('abort', end);
    channel.close();
  }
}
