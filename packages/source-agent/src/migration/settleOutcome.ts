import { setTimeout as wait } from 'node:timers/promises';
import type { ForcedOwner, Logger, OwnershipStore, SourceHandover } from '@godwit/agent';
import { type GodwitError, toGodwitError } from '@godwit/errors';
import { faultPoint } from '@godwit/faults';
import type { LiveImage } from '@godwit/image';
import { reclaim, reclaimByForce, release } from './handover.js';
import { imagesUrl, type Peer } from './link.js';
import type { OperatorWord } from './operatorWord.js';
import { askOnce, resolveOutcome, type SettledOutcome } from './resolveOutcome.js';

const RETRY_MS = 1000;
const DEFAULT_API_PORT = 7401;
/** A destination that cannot be reached finds out by its own patience. */
const LAST_WORD_MS = 2000;

export interface UnknownOutcome {
  readonly migration: string;
  readonly images: readonly LiveImage[];
  readonly ownership: OwnershipStore;
  readonly handover: SourceHandover;
  readonly word: OperatorWord;
  /** Called when the source is found to own and its gates are open. */
  readonly onReopened: () => void;
  /** Where the destination said that it would serve. */
  readonly imagesUrl?: string | undefined;
  readonly peer: Peer;
  readonly logger: Logger;
  /** Ends the asking: the agent is shutting down. */
  readonly signal: AbortSignal;
}

/**
 * Asks who owns until it is known and acts on the answer until that has worked; a record that cannot
 * be written now is written later. Resolves with who owns; rejects only when `signal` ends it.
 */
export async function settleUnknown(unknown: UnknownOutcome): Promise<ForcedOwner> {
  const { migration, images, ownership, peer, logger, signal, word } = unknown;
  const names = images.map((image) => image.name);
  const epochs = names.map((name) => ownership.get(name)?.epoch ?? 0);
  const onTry = ({ code, message }: GodwitError) =>
    logger.warn({ migration, code, reason: message }, 'who owns is not known yet');
  for (;;) {
    const outcome = await resolveOutcome(peer, { migration, names, epochs }, signal, onTry, word);
    faultPoint('source.ask.answered');
    // What was answered stays so: who answered need not be there any more.
    do {
      try {
        return await (outcome === undefined ? actOnForce(unknown) : actOn(outcome, unknown));
      } catch (thrown) {
        const reason = toGodwitError(thrown).message;
        logger.error({ migration, reason }, 'the outcome is known but could not be recorded; trying again');
      }
      await wait(RETRY_MS, undefined, { signal });
    } while (unknown.handover.phase === 'unsealing');
  }
}

async function actOn(outcome: SettledOutcome, unknown: UnknownOutcome): Promise<ForcedOwner> {
  const { images, ownership, handover, logger } = unknown;
  if (outcome.owner === 'source') await reclaim(unknown);
  else {
    handover.apply('told-owner');
    await release(images, ownership, outcome.imagesUrl, logger);
  }
  return outcome.owner;
}

/** Nobody was asked: an operator knows, or believes to. On record and in the log. */
async function actOnForce({
  migration,
  images,
  ownership,
  handover,
  word,
  logger,
  onReopened,
  ...where
}: UnknownOutcome): Promise<ForcedOwner> {
  const owner = word.forced ?? 'source';
  const forcedAt = new Date().toISOString();
  logger.error(
    { migration, owner, forcedAt },
    'an operator forces the owner; if the other side owns too, there are two',
  );
  if (owner === 'source') await reclaimByForce({ migration, images, ownership, handover, onReopened }, forcedAt);
  else {
    handover.apply('force-move');
    await release(images, ownership, where.imagesUrl ?? guessedUrl(where.peer), logger, { forcedAt });
  }
  return owner;
}

/** Where a destination serves unless told otherwise, if it never said. */
function guessedUrl({ host, tls }: Peer): string {
  return imagesUrl(host, { apiHost: '', apiPort: DEFAULT_API_PORT, apiScheme: tls === undefined ? 'http' : 'https' });
}

/**
 * A migration that was not sealed ends while there is no link: tells the destination, if it can be reached, to give up what it
 * has. Best effort, never rejects. Resolve says so: asked before COMMIT, a destination aborts.
 */
export async function giveUpAtPeer(
  parts: Pick<UnknownOutcome, 'migration' | 'images' | 'ownership' | 'peer' | 'logger'>,
): Promise<void> {
  const { migration, images, ownership, peer, logger } = parts;
  const names = images.map((image) => image.name);
  const epochs = names.map((name) => ownership.get(name)?.epoch ?? 0);
  try {
    await askOnce(peer, { migration, names, epochs }, AbortSignal.timeout(LAST_WORD_MS));
  } catch (thrown) {
    logger.warn(
      { migration, reason: toGodwitError(thrown).message },
      'the destination could not be told that the migration is off',
    );
  }
}
