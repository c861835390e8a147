import type { OwnerRecord } from '@godwit/agent';
import { ERROR_TABLE, GodwitError, isErrorCode } from '@godwit/errors';
import type { FrameHeaders } from '@godwit/protocol';

/** As much of the offer of a migration as its records say; the source's next one says the rest. */
export function offerOf(records: readonly OwnerRecord[]): FrameHeaders['Offer'] {
  return {
    migrationId: records[0]?.migration ?? '',
    mode: 'live',
    verify: 'full',
    lanes: 1,
    sourceId: records[0]?.offeredBy ?? '',
    // Any that comes is a later one: this agent was not there.
    attempt: mayGoOn(records) ? 1 : 0,
    seed: false,
    workload: '',
    document: '',
    patienceMs: Math.max(0, ...records.map(({ copy }) => copy?.patienceMs ?? 0)),
    images: records.map(({ name, kind, blockBytes, epoch, copy }) => ({
      name,
      kind,
      blockBytes,
      epoch: epoch - 1,
      sizeBytes: copy?.sizeBytes ?? 0,
      allocatedBytes: 0,
    })),
  };
}

/** Whether their source can come back, and means to. */
export function mayGoOn(records: readonly OwnerRecord[]): boolean {
  return records.every(({ copy }) => copy !== undefined && copy.patienceMs > 0);
}

/** Whether its source means to come back after what its link was lost by. */
export function comesBack({ attempt, patienceMs }: FrameHeaders['Offer'], { code }: GodwitError): boolean {
  return attempt > 0 && patienceMs > 0 && ERROR_TABLE[code].retryable;
}

/** The source's epochs of the images, as it offered and commits them. @throws GodwitError E_PROTOCOL */
export function committedEpochs(
  commit: FrameHeaders['Commit'],
  { migrationId, images }: FrameHeaders['Offer'],
): number[] {
  const epochs = images.map((image) => image.epoch);
  if (commit.migrationId === migrationId && commit.epochs.join() === epochs.join()) return epochs;
  throw new GodwitError('E_PROTOCOL', { problem: 'Commit of another migration or epoch' });
}

/** What the source ends a migration with, in its own words. */
export function errorOfCancel(code: string, reason: string): GodwitError {
  if (!isErrorCode(code)) return new GodwitError('E_CANCELLED', { reason });
  const error = new GodwitError(code, {}, { detail: reason });
  error.message = reason;
  return error;
}

/** What is wrong with an offer that is to go on with the migration of another; undefined when nothing is. */
export function problemOfNext(next: FrameHeaders['Offer'], before: FrameHeaders['Offer']): string | undefined {
  // Records of an earlier life come in the order of their folder.
  const shapeOf = ({ images }: FrameHeaders['Offer']) =>
    images
      .map(({ name, kind, sizeBytes, blockBytes }) => `${name} ${kind} ${sizeBytes} ${blockBytes}`)
      .sort()
      .join();
  if (next.sourceId !== before.sourceId) return `migration ${next.migrationId} was offered by another source`;
  if (next.attempt <= before.attempt) return `migration ${next.migrationId} was offered before`;
  return shapeOf(next) === shapeOf(before) ? undefined : 'it is offered with other images, or of another size';
}
