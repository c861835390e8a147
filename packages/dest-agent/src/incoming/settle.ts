import type { OwnerRecord, OwnershipStore } from '@godwit/agent';
import type { FrameHeaders } from '@godwit/protocol';
import { allocatedBytes, imagePath, removeImageFile } from './admission.js';

/** What a source is told that asks who owns. */
export type OutcomeState = 'owner' | 'aborted' | 'unknown';

/**
 * Answers Resolve, persisting first what it says (engine.md section 3.3). The source asks because its
 * record says SEALED(e); so an image that is, or was, owned here at e + 1 or later was taken by that
 * migration. One that never got COMMIT is ABORTED now. What fits neither is `unknown`: nobody may act.
 */
export async function settleOutcome(
  dir: string,
  ownership: OwnershipStore,
  question: FrameHeaders['Resolve'],
): Promise<OutcomeState> {
  const states: OutcomeState[] = [];
  for (const [index, name] of question.names.entries()) {
    const nextEpoch = (question.epochs[index] ?? 0) + 1;
    states.push(await judge(dir, ownership.get(name), name, nextEpoch, question.migrationId));
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
  migration: string,
): Promise<OutcomeState> {
  if (record === undefined) return (await allocatedBytes(imagePath(dir, name))) > 0 ? 'unknown' : 'aborted';
  if (record.role === 'owner' || record.role === 'released') return record.epoch >= nextEpoch ? 'owner' : 'unknown';
  return record.migration === migration ? 'aborted' : 'unknown';
}

/** Every image of the migration, also one that was not asked about: they change hands together or not at all. */
async function abort(dir: string, ownership: OwnershipStore, question: FrameHeaders['Resolve']): Promise<void> {
  const known = ownership.all().filter((record) => record.migration === question.migrationId);
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
  await ownership.update([...known.map((record): OwnerRecord => ({ ...record, role: 'aborted' })), ...missing]);
  for (const { path } of known) await removeImageFile(path);
}
