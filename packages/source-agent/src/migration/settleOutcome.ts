import { setTimeout as wait } from 'node:timers/promises';
import type { Logger, OwnershipStore } from '@godwit/agent';
import { toGodwitError } from '@godwit/errors';
import type { LiveImage } from '@godwit/image';
import { reclaim, release } from './handover.js';
import type { Peer } from './link.js';
import { resolveOutcome } from './resolveOutcome.js';

const RETRY_MS = 1000;

export interface UnknownOutcome {
  readonly migration: string;
  readonly images: readonly LiveImage[];
  readonly ownership: OwnershipStore;
  readonly peer: Peer;
  readonly logger: Logger;
  /** Ends the asking: the agent is shutting down. */
  readonly signal: AbortSignal;
}

/**
 * Asks who owns until it is known and acts on the answer until that has worked; a record that cannot
 * be written now is written later. Resolves with who owns; rejects only when `signal` ends it.
 */
export async function settleUnknown(unknown: UnknownOutcome): Promise<'source' | 'destination'> {
  const { migration, images, ownership, peer, logger, signal } = unknown;
  const names = images.map((image) => image.name);
  const epochs = names.map((name) => ownership.get(name)?.epoch ?? 0);
  for (;;) {
    const outcome = await resolveOutcome(peer, { migration, names, epochs }, signal, ({ code, message }) =>
      logger.warn({ migration, code, reason: message }, 'who owns is not known yet'),
    );
    try {
      if (outcome.owner === 'destination') await release(images, ownership, outcome.imagesUrl, logger);
      else await reclaim(images, ownership);
      return outcome.owner;
    } catch (thrown) {
      const reason = toGodwitError(thrown).message;
      logger.error({ migration, reason }, 'the outcome is known but could not be acted on; trying again');
    }
    await wait(RETRY_MS, undefined, { signal });
  }
}
