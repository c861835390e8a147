import { type BigIntStats, realpathSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { OwnerRecord } from '@godwit/agent';
import { systemCodeOf } from '@godwit/errors';
import { identityOf } from '@godwit/image';

/** What stands at an image's place, and whose it is as far as records say. */
export type StandingFile =
  | { readonly is: 'nothing' }
  /** Being received, by a migration that its record names. */
  | { readonly is: 'received'; readonly sizeBytes: number }
  /** A copy that left from here. */
  | { readonly is: 'left'; readonly sizeBytes: number }
  /** Somebody's; `problem`: why no image can begin with it. */
  | { readonly is: 'foreign'; readonly sizeBytes: number; readonly problem?: string };

/**
 * Looks at `path`, where the image is to be. Only a file that its record is about is ours to remove or to write over: an
 * agent may have had an image of that name from another place, and a file may have taken another's place.
 */
export async function standingFile(path: string, record: OwnerRecord | undefined): Promise<StandingFile> {
  const found = await statOf(path);
  if (found === undefined) return { is: 'nothing' };
  const sizeBytes = Number(found.size);
  const problem = problemOfSeed(found);
  const foreign = { is: 'foreign', sizeBytes, ...(problem === undefined ? {} : { problem }) } as const;
  if (record === undefined || record.keepsFile === true || !isAbout(record, path, found)) return foreign;
  if (record.role === 'incoming' || record.role === 'prepared') return { is: 'received', sizeBytes };
  // One with another name, or that is no file, is not written through.
  return record.role === 'released' && problem === undefined ? { is: 'left', sizeBytes } : foreign;
}

function problemOfSeed(found: BigIntStats): string | undefined {
  if (!found.isFile()) return 'it is no regular file';
  return found.nlink > 1n ? 'it has another name (a hard link), under which it would change, too' : undefined;
}

function isAbout({ path: recorded, file, copy }: OwnerRecord, path: string, found: BigIntStats): boolean {
  const known = copy?.file ?? file;
  return isSamePlace(recorded, path) && (known === '' || withoutDevice(known) === withoutDevice(identityOf(found)));
}

/** Numbers of devices change when a host starts anew. */
function withoutDevice(identity: string): string {
  return identity.slice(identity.indexOf(':') + 1);
}

/** The same name in the same folder, by whatever way to it. */
export function isSamePlace(one: string, other: string): boolean {
  if (one === other) return true;
  if (basename(one) !== basename(other)) return false;
  try {
    return realpathSync(dirname(one)) === realpathSync(dirname(other));
  } catch {
    // A folder that is gone holds nothing of ours.
    return false;
  }
}

async function statOf(path: string): Promise<BigIntStats | undefined> {
  try {
    return await lstat(path, { bigint: true });
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
