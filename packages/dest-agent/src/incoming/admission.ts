import { constants } from 'node:fs';
import { lstat, mkdtemp, open, rmdir, statfs, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { OwnerRecord, OwnershipStore } from '@godwit/agent';
import { GodwitError, problemOf, systemCodeOf } from '@godwit/errors';
import { faultPoint } from '@godwit/faults';
import { ioError } from '@godwit/image';
import type { FrameHeaders, ImageOffer } from '@godwit/protocol';

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
    if (isOurs(record) || !(await exists(imagePath(dir, name)))) continue;
    if (!seed) throw new GodwitError('E_EXISTS', { path: imagePath(dir, name) });
    await checkSeed(imagePath(dir, name), sizeBytes);
  }
  await checkRoom(dir, offers, { ownership, reservedBytes, seed });
}

/** Whether somebody's file can be what an image of `sizeBytes` begins with. @throws GodwitError E_SEED */
async function checkSeed(path: string, sizeBytes: number): Promise<void> {
  const found = await statOf(path);
  const problem =
    found?.isFile() !== true
      ? 'it is no regular file'
      : found.size === sizeBytes
        ? undefined
        : `it has ${found.size} bytes, the image ${sizeBytes}`;
  if (problem !== undefined) throw new GodwitError('E_SEED', { path, problem });
}

/** Names of offered images at whose paths a file stands that was received here, and left. */
export async function copiesThatLeft(
  dir: string,
  offers: readonly ImageOffer[],
  ownership: OwnershipStore,
): Promise<string[]> {
  const names: string[] = [];
  for (const { name, sizeBytes } of offers) {
    if (ownership.get(name)?.role !== 'released') continue;
    const found = await statOf(imagePath(dir, name));
    if (found?.isFile() === true && found.size === sizeBytes) names.push(name);
  }
  return names;
}

/** Names of offered images at whose paths a file stands that is not ours. */
export async function foreignFiles(
  dir: string,
  offers: readonly ImageOffer[],
  ownership: OwnershipStore,
): Promise<string[]> {
  const names: string[] = [];
  for (const { name } of offers) {
    const record = ownership.get(name);
    const isForeign = !isOurs(record) || record?.keepsFile === true;
    if (isForeign && (await exists(imagePath(dir, name)))) names.push(name);
  }
  return names;
}

/** Whether the file at an image's path is one that we made; ABORTED is written when it is gone. */
function isOurs(record: OwnerRecord | undefined): boolean {
  return record !== undefined && record.role !== 'aborted';
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
    if (seed || isOurs(ownership.get(name))) available += await allocatedBytes(imagePath(dir, name));
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

async function exists(path: string): Promise<boolean> {
  return (await statOf(path)) !== undefined;
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
    location: '',
    peer: '',
  }));
}
