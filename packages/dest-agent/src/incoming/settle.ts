import {
  answerTo,
  type DestinationPhase,
  type OutcomeAnswer,
  type OwnerRecord,
  type OwnershipStore,
} from '@godwit/agent';
import { faultPoint } from '@godwit/faults';
import { removeCopy } from './admission.js';

/**
 * Answers Resolve, persisting first what it says (engine.md section 3.3). A source asks because its
 * record says SEALED, which it wrote after this destination had PREPARED on its disk: so the answer is
 * in our records, or this is not the destination that it means. What is remembered of that very
 * migration counts; what is PREPARED for it is ABORTED now; anything else is `unknown`, on which
 * nobody may act.
 */
export async function settleOutcome(
  ownership: OwnershipStore,
  migration: string,
  phase: DestinationPhase | undefined,
): Promise<OutcomeAnswer> {
  const half = ownership.all().find((record) => record.migration === migration && isHalf(record));
  const role = ownership.outcomeOf(migration) ?? (half === undefined ? undefined : 'prepared');
  const answer = answerTo(role, phase);
  if (answer === 'aborted') await abortMigration(ownership, migration);
  return answer;
}

/**
 * Gives up what was received of a migration and never committed: every image of it, for they change
 * hands together or not at all. Files first: a file beside an ABORTED record is never ours.
 */
export async function abortMigration(ownership: OwnershipStore, migration: string): Promise<void> {
  const halves = ownership.all().filter((record) => record.migration === migration && isHalf(record));
  for (const half of halves) await removeCopy(half);
  faultPoint('dest.abort.removed');
  await ownership.update(halves.map((record): OwnerRecord => ({ ...record, role: 'aborted' })));
}

/** Received in part or whole, and never committed. */
function isHalf({ role }: OwnerRecord): boolean {
  return role === 'incoming' || role === 'prepared';
}
