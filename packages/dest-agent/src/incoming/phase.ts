import { GodwitError } from '@godwit/errors';

/**
 * What an incoming migration is at, and what may happen to it.
 *
 * ```mermaid
 * stateDiagram-v2
 *   [*] --> receiving: Offer accepted
 *   receiving --> preparing: Prepare
 *   preparing --> prepared: PREPARED on disk
 *   prepared --> taking: Commit
 *   taking --> owner: OWNER on disk, serving
 *   receiving --> over: Cancel, link lost, error
 *   preparing --> over: Cancel, link lost, error
 *   prepared --> unknown: link lost
 *   prepared --> over: Cancel
 *   unknown --> over: Resolve (ABORTED on disk)
 *   taking --> undecided: OWNER could not be written, but may stand on the disk; the next start reads it
 * ```
 */
export type Phase = 'receiving' | 'preparing' | 'prepared' | 'taking' | 'owner' | 'undecided' | 'unknown' | 'over';

const ALLOWED: Record<Phase, readonly Phase[]> = {
  receiving: ['preparing', 'over'],
  preparing: ['prepared', 'over'],
  prepared: ['taking', 'unknown', 'over'],
  taking: ['owner', 'undecided'],
  owner: [],
  undecided: [],
  unknown: ['over'],
  over: [],
};

/** The next phase; a change that is not in the diagram is the peer's E_PROTOCOL. */
export function nextPhase(phase: Phase, next: Phase): Phase {
  if (!ALLOWED[phase].includes(next)) {
    throw new GodwitError('E_PROTOCOL', { problem: `${next} is out of phase: the migration is ${phase}` });
  }
  return next;
}
