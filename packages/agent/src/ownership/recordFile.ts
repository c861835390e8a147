import { dirname } from 'node:path';
import { GodwitError, problemOf, systemCodeOf } from '@godwit/errors';
import { faultPoint } from '@godwit/faults';
import { decodeFile, type OwnershipContent } from './recordContent.js';
import { type RecordDisk, systemDisk } from './recordDisk.js';
import { encodeSlot, slotOffset, takenBytes } from './recordSlots.js';

const SMALLEST_SLOT_BYTES = 32 * 1024;
/** 40,000 images: bounds what a pause may write. */
const LARGEST_SLOT_BYTES = 16 * 1024 * 1024;
/** How many times its first record a slot holds, so that the file need not be made anew as records grow. */
const ROOM = 4;
/** A reader that is not the writer may meet one slot after the other half written. */
const READS = 3;

/** A file whose every byte is known to be what we wrote. */
interface OpenFile {
  readonly fd: number;
  readonly identity: string | undefined;
  readonly slotBytes: number;
  /** Bytes that are not zero at most, of the even slot and of the odd one. */
  readonly used: readonly [number, number];
}

/**
 * Puts records on disk, each before `write` returns: one write into the slot of the older record
 * (recordSlots.ts) and one fdatasync.
 *
 * A file is made anew, beside the old one and renamed over it, by the first write after `RecordFile` was made and by
 * the one after a write that failed. For after a failed fdatasync nothing is known: Linux calls the pages
 * clean, shows what was written to whoever reads, this process or its successor, and may have the old bytes on
 * disk; another fdatasync succeeds and means nothing. So what is in doubt is neither written again nor synced again, and
 * the last record that was known to be on disk stays untouched until a whole new file stands beside it.
 */
export class RecordFile {
  readonly #path: string;
  readonly #disk: RecordDisk;
  /** Undefined: nothing is known of the file that may be there. */
  #file: OpenFile | undefined;
  #sequence = 0;

  constructor(path: string, disk: RecordDisk = systemDisk) {
    this.#path = path;
    this.#disk = disk;
  }

  /**
   * Throws when the record is not known to be on disk; then it may be there all the same, or the one before,
   * until a later write succeeds. E_TOO_LARGE before anything was written.
   *
   * @param spare times the record that its slot has to hold, so that later ones need no new file
   */
  write(payload: Buffer, spare = 1): void {
    const neededBytes = takenBytes(payload);
    const limit = LARGEST_SLOT_BYTES;
    if (neededBytes > limit)
      throw new GodwitError('E_TOO_LARGE', { what: 'ownership record', value: neededBytes, limit });
    const file = this.#file;
    const isUsable =
      file !== undefined && file.slotBytes >= Math.min(neededBytes * spare, limit) && this.#isThere(file);
    if (isUsable) this.#overwriteOlder(file, payload);
    else this.#make(payload);
  }

  close(): void {
    const file = this.#file;
    this.#file = undefined;
    if (file !== undefined) this.#disk.close(file.fd);
  }

  #overwriteOlder(file: OpenFile, payload: Buffer): void {
    const { fd, slotBytes, used } = file;
    const sequence = ++this.#sequence;
    const isOdd = sequence % 2 === 1;
    // What an older, longer record left behind goes in the same write.
    const slot = encodeSlot({ sequence, slotBytes, payload }, used[isOdd ? 1 : 0]);
    // In doubt from the first byte on.
    this.#file = undefined;
    try {
      faultPoint('ownership.write');
      this.#disk.write(fd, slot, slotOffset(sequence, slotBytes));
      faultPoint('ownership.written');
      this.#disk.syncData(fd);
      faultPoint('ownership.synced');
    } catch (error) {
      this.#disk.close(fd);
      throw error;
    }
    const taken = takenBytes(payload);
    this.#file = { ...file, used: isOdd ? [used[0], taken] : [taken, used[1]] };
  }

  /** Both slots with this record, then the name: a crash leaves the old file or this one. */
  #make(payload: Buffer): void {
    const disk = this.#disk;
    const slotBytes = slotBytesFor(takenBytes(payload));
    const scratch = `${this.#path}.new`;
    faultPoint('ownership.create');
    const fd = disk.create(scratch);
    try {
      // Zeros that are written, not a hole: a hole, or what fallocate leaves, costs a journal commit when it is written to.
      for (let i = 0; i < 2; i++) {
        const sequence = ++this.#sequence;
        disk.write(fd, encodeSlot({ sequence, slotBytes, payload }, slotBytes), slotOffset(sequence, slotBytes));
      }
      disk.sync(fd);
      this.close();
      faultPoint('ownership.file-made');
      disk.rename(scratch, this.#path);
      faultPoint('ownership.file-renamed');
      disk.syncFolder(dirname(this.#path));
      const taken = takenBytes(payload);
      this.#file = { fd, slotBytes, identity: disk.identity(fd), used: [taken, taken] };
    } catch (error) {
      disk.close(fd);
      throw error;
    }
  }

  /** False when the file was moved, removed, replaced or cut while it was ours. */
  #isThere({ identity }: OpenFile): boolean {
    return this.#disk.identity(this.#path) === identity;
  }
}

/** What stands in the file; undefined when there is none. E_STATE_CORRUPT when it is not what was written. */
export function readRecords(path: string, disk: Pick<RecordDisk, 'read'> = systemDisk): OwnershipContent | undefined {
  for (let left = READS - 1; ; left--) {
    const file = readFile(path, disk);
    if (file === undefined) return undefined;
    try {
      return decodeFile(path, file);
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}

function readFile(path: string, disk: Pick<RecordDisk, 'read'>): Buffer | undefined {
  try {
    return disk.read(path);
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined;
    throw new GodwitError('E_STATE_DIR', { path, problem: problemOf(error) }, { cause: error });
  }
}

function slotBytesFor(neededBytes: number): number {
  let slotBytes = SMALLEST_SLOT_BYTES;
  while (slotBytes < neededBytes * ROOM) slotBytes *= 2;
  return Math.min(slotBytes, LARGEST_SLOT_BYTES);
}
