import { GodwitError } from '@godwit/errors';
import { formatNbdAddress, type NbdAddress, NbdClient, refusalOf } from '@godwit/nbd';
import type { FollowedExport, FollowingParts } from '../following/parts.js';
import type { Standbys } from '../following/standbys.js';
import { type BackOff, LONGEST_MS } from '../time/backOff.js';
import { waitFor } from '../time/time.js';

/** An address is given this long to connect and to agree on the export; a host without power takes all of it. */
export const ASKING_MS = 2_000;

/** A connection to an address that serves the export. */
export interface Found {
  readonly address: NbdAddress;
  readonly client: NbdClient;
}

/**
 * Asks the addresses in turn, with back-off between the rounds, until one serves the export. A connection that was made
 * ahead is taken where its server says that it serves the export, and ends the wait for the next round when it says so.
 *
 * @param signal ends the search; the result is then undefined
 */
export async function seekOwner(
  wanted: FollowedExport,
  parts: FollowingParts,
  standbys: Pick<Standbys, 'claim' | 'answered'>,
  backOff: BackOff,
  signal: AbortSignal,
): Promise<Found | undefined> {
  for (;;) {
    for (const address of parts.owners.order(wanted.name)) {
      const client = (await standbys.claim(address, signal)) ?? (await ask(address, wanted, parts));
      if (signal.aborted) client?.destroy();
      if (signal.aborted) return undefined;
      if (client !== undefined) return { address, client };
    }
    const waitMs = backOff.next();
    if (waitMs === LONGEST_MS) parts.owners.missing(wanted.name);
    await waitFor(waitMs, standbys.answered(), parts.time, signal);
    if (signal.aborted) return undefined;
  }
}

/** A connection with the export, or undefined when `address` has it not, or does not answer. */
async function ask(
  address: NbdAddress,
  { name, contexts }: FollowedExport,
  { owners, log, reach }: FollowingParts,
): Promise<NbdClient | undefined> {
  try {
    return await NbdClient.connect(address, name, { contexts, ...reach(address) });
  } catch (error) {
    if (!(error instanceof GodwitError)) throw error;
    log.debug({ export: name, address: formatNbdAddress(address), reason: error.message }, 'not served there');
    if (refusalOf(error) !== undefined) owners.left(name, address);
    return undefined;
  }
}
