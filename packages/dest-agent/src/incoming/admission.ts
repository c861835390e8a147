import { constants } from 'node:fs';
import { lstat, mkdtemp, open, rmdir, statfs, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { OwnerRecord, OwnershipStore } from '@godwit/agent';
import { GodwitError, problemOf, systemCodeOf } from '@godwit/errors';
import { faultPoint } from '@godwit/faults';
import { ioError } from '@godwit/image';
import type { FrameHeaders, ImageOffer } from '@godwit/protocol';
import { type StandingFile, standingFile } from './standingFile.js';

/** Room that is kept free beyond what was offered, for metadata: 1%. */
const ROOM_FACTOR = 1.01;

/** DIR/NAME.img, where an image is assembled and served. */
export function imagePath(dir: string, name: string): string {
  return join(dir, `${name}.img`);
}

/** Whether an offer can be taken, judged before anything is made. Throws what is wrong. */
export async function checkOffer(
  dir: string,
  offers: readonly ImageOffer[],
  ownership: OwnershipStore,
  reservedBytes: number,
  seed = false,
): Promise<void> {
  for (const { name, epoch, sizeBytes } of offers) {
    const record = ownership.get(name);
    if (record?.role === 'owner') throw new GodwitError('E_OWNED_HERE', { name, epoch: record.epoch });
    // What was owned here at epoch n comes back from an owner of n or later, to be owned at n + 1.
    const fence = record?.fence ?? 0;
    if (epoch < fence) throw new GodwitError('E_OLD_EPOCH', { name, current: fence, offered: epoch });
    if (record?.role === 'prepared') {
      throw new GodwitError('E_NOT_OWNER', { name, state: 'prepared for a source that has yet to ask' });
    }
    if (record?.role === 'sealed') {
      throw new GodwitError('E_NOT_OWNER', {
        name,
        state: 'sealed: a source agent of this state directory has yet to ask',
      });
    }
    const path = imagePath(dir, name);
    const file = await standingFile(path, record);
    if (file.is === 'foreign') checkForeign(path, file, { seed, sizeBytes });
  }
  await checkRoom(dir, offers, { ownership, reservedBytes, seed });
}

/** Whether somebody's file can be what an image begins with. @throws GodwitError E_EXISTS, E_SEED */
function checkForeign(
  path: string,
  file: Extract<StandingFile, { is: 'foreign' }>,
  { seed, sizeBytes }: { seed: boolean; sizeBytes: number },
): void {
  if (!seed) throw new GodwitError('E_EXISTS', { path });
  const isOfSize = file.sizeBytes === sizeBytes;
  const problem = file.problem ?? (isOfSize ? undefined : `it has ${file.sizeBytes} bytes, the image ${sizeBytes}`);
  if (problem !== undefined) throw new GodwitError('E_SEED', { path, problem });
}

async function checkRoom(
  dir: string,
  offers: readonly ImageOffer[],
  { ownership, reservedBytes, seed }: { ownership: OwnershipStore; reservedBytes: number; seed: boolean },
): Promise<void> {
  const { bavail, bsize } = await statfs(dir);
  let available = bavail * bsize - reservedBytes;
  for (const { name } of offers) {
    // A copy that left from here, or never arrived, is replaced or written over: its room counts.
    const path = imagePath(dir, name);
    const { is } = await standingFile(path, ownership.get(name));
    if (seed || is !== 'foreign') available += await allocatedBytes(path);
  }
  const needed = Math.ceil(offers.reduce((sum, { allocatedBytes }) => sum + allocatedBytes, 0) * ROOM_FACTOR);
  if (needed > available) throw new GodwitError('E_NO_ROOM', { needed, available: Math.max(0, available) });
}

/** Makes an empty sparse file of `sizeBytes`; never follows a link, never replaces a file. */
export async function createImageFile(path: string, sizeBytes: number): Promise<void> {
  const file = await named(path, async () => {
    faultPoint('dest.file.make');
    return open(path, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR, 0o600);
  });
  try {
    await named(path, async () => {
      faultPoint('dest.file.size');
      await file.truncate(sizeBytes);
    });
  } catch (error) {
    await removeImageFile(path);
    throw error;
  } finally {
    await file.close();
  }
}

/** Names what a call on the file at `path` fails with: E_DISK_FULL, E_IO. */
async function named<T>(path: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw ioError(path, 0, error);
  }
}

export async function removeImageFile(path: string): Promise<void> {
  try {
    faultPoint('dest.file.remove');
    await unlink(path);
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw ioError(path, 0, error);
  }
}

/** Removes what was received of an image, unless the file was there before. */
export async function removeCopy({ path, keepsFile }: Pick<OwnerRecord, 'path' | 'keepsFile'>): Promise<void> {
  if (keepsFile !== true) await removeImageFile(path);
}

/** E_NOT_WRITABLE unless `dir` is a directory in which files can be made. */
export async function checkDirectory(dir: string): Promise<void> {
  try {
    if (!(await lstat(join(dir, '.'))).isDirectory()) throw new Error('not a directory');
    // Trying is the only sure answer: to root everything is permitted, and not everything can be done.
    const probe = await mkdtemp(join(dir, '.godwit-probe-'));
    await rmdir(probe);
  } catch (error) {
    throw new GodwitError('E_NOT_WRITABLE', { path: dir, problem: problemOf(error) }, { cause: error });
  }
}

/**
 * Whoever may write to the folder of images could lead the records elsewhere by a link of that name; one that an operator
 * names is his.
 *
 * @throws GodwitError E_STATE_DIR
 */
export async function checkStateDir(dir: string, stateDir: string): Promise<void> {
  if (dirname(resolve(stateDir)) !== dir) return;
  if ((await statOf(stateDir))?.isSymbolicLink() !== true) return;
  const problem = 'a symbolic link in --dir; name the folder that it leads to with --state-dir';
  throw new GodwitError('E_STATE_DIR', { path: stateDir, problem });
}

export async function allocatedBytes(path: string): Promise<number> {
  return ((await statOf(path))?.blocks ?? 0) * 512;
}

/** Bytes that offers promise and that are not on disk yet. */
export async function missingBytes(dir: string, offers: readonly ImageOffer[]): Promise<number> {
  let missing = 0;
  for (const offer of offers) {
    const present = await allocatedBytes(imagePath(dir, offer.name));
    missing += Math.max(0, offer.allocatedBytes - present);
  }
  return missing;
}

async function statOf(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Puts the folder's entries on disk: a file whose name a power cut can take away is not prepared. */
export async function syncFolder(dir: string): Promise<void> {
  const folder = await open(dir, 'r');
  try {
    await named(dir, async () => {
      faultPoint('dest.folder.sync');
      await folder.sync();
    });
  } finally {
    await folder.close();
  }
}

/** The records of an offer in a given role; the epoch is the one that the destination would own. */
export function recordsFor(
  dir: string,
  { migrationId: migration, images, sourceId: offeredBy }: FrameHeaders['Offer'],
  role: OwnerRecord['role'],
  ownership: OwnershipStore,
): OwnerRecord[] {
  return images.map((offer) => ({
    name: offer.name,
    path: imagePath(dir, offer.name),
    role,
    epoch: offer.epoch + 1,
    fence: role === 'owner' ? offer.epoch + 1 : (ownership.get(offer.name)?.fence ?? 0),
    offeredBy,
    file: '',
    kind: offer.kind,
    blockBytes: offer.blockBytes,
    migration,
    // Where it is until it has come back from there, and where it stays if it does not.
    location: role === 'owner' ? '' : (ownership.get(offer.name)?.location ?? ''),
    peer: '',
  }));
}
