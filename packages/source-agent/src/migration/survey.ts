import type { TravellingWorkload } from '@godwit/agent';
import { toGodwitError } from '@godwit/errors';
import { dialPeer, type Peer } from './link.js';

/**
 * Asks a destination whether a workload could move there: what its driver finds, in its own words. Nothing is made or kept.
 *
 * @throws GodwitError as dialPeer; E_WORKLOAD or E_PROTOCOL from a destination that takes in images alone
 */
export async function survey(
  peer: Peer,
  { workload, document }: TravellingWorkload,
  signal: AbortSignal,
): Promise<string> {
  const { channel } = await dialPeer(peer, signal);
  const end = () => channel.destroy(toGodwitError(signal.reason));
  signal.addEventListener('abort', end, { once: true });
  try {
    channel.send('Survey', { workload, document });
    const { document: findings } = await channel.waitFor('Findings');
    return findings;
  } finally {
    signal.removeEventListener('abort', end);
    channel.close();
  }
}
