import type { OwnerRecord, OwnershipStore } from '@godwit/agent';
import type { FrameHeaders } from '@godwit/protocol';
import { allocatedBytes, imagePath, removeImageFile } from './admission.js';

/** What a source is told that asks who owns. */
export type OutcomeState = 'owner' | 'aborted' | 'unknown';

/**
 * Answers Resolve, persisting first what it says (engine.md section 3.3). The source asks because its
 * record says SEALED(e); so an image that is, or was, owned here at e + 1 or later was taken by that
 * migration. One that is not owned never got COMMIT, and is ABORTED now; neither will it get one when
 * another migration of the same epoch has replaced it since. What fits neither is `unknown`: nobody may act.
 */
export async function settleOutcome(
  dir: string,
  ownership: OwnershipStore,
  question: FrameHeaders['Resolve'],
): Promise<OutcomeState> {
  const states: OutcomeState[] = [];
  for (const [index, name] of question.names.entries()) {
    const nextEpoch = (question.epochs[index] ?? 0) + 1;
    states.push(await judge(dir, ownership.get(name), name, nextEpoch));
  }
  if (states.every((state) => state === 'owner')) return 'owner';
  if (!states.every((state) => state === 'aborted')) return 'unknown';
  await abort(dir, ownership, question);
  return 'aborted';
}

async function judge(
  dir: string,
  record: OwnerRecord | undefined,
  name: string,
  nextEpoch: number,
): Promise<OutcomeState> {
  if (record === undefined) return (await allocatedBytes(imagePath(dir, name))) > 0 ? 'unknown' : 'aborted';
  if (record.role === 'owner' || record.role === 'released') return record.epoch >= nextEpoch ? 'owner' : 'unknown';
  return record.epoch > nextEpoch ? 'unknown' : 'aborted';
}

/**
 * Gives up what was received of a migration and never committed: every image of it, for they change
 * hands together or not at all. Files first: a file beside an ABORTED record is never ours.
 */
export async function abortMigration(ownership: OwnershipStore, migration: string): Promise<void> {
  const halves = ownership
    .all()
    .filter(({ role, migration: of }) => of === migration && (role === 'incoming' || role === 'prepared'));
  for (const { path } of halves) await removeImageFile(path);
  await ownership.update(halves.map((record): OwnerRecord => ({ ...record, role: 'aborted' })));
}

/** Also remembers migrations that it never heard of: their Offer may not come after the answer. */
async function abort(dir: string, ownership: OwnershipStore, question: FrameHeaders['Resolve']): Promise<void> {
  await abortMigration(ownership, question.migrationId);
  const missing = question.names.flatMap((name, index): OwnerRecord[] =>
    ownership.get(name) === undefined
      ? [
          {
            name,
            path: imagePath(dir, name),
            role: 'aborted',
            epoch: (question.epochs[index] ?? 0) + 1,
            kind: 'disk',
            blockBytes: 4096,
            migration: question.migrationId,
            location: '',
            peer: '',
          },
        ]
      : [],
  );
  await ownership.update(missing);
}
