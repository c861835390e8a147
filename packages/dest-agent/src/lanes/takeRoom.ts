import { closeSync, constants, fstatSync, ftruncateSync, openSync } from 'node:fs';
import { GodwitError } from '@godwit/errors';
import { identityOf } from '@godwit/image';

/** Two of the longest writes, for the blocks that say where they are; what is cut off is anybody's for a moment. */
const STEP_BYTES = 2 * 1024 * 1024;

/** Room that is kept for what is to arrive (incoming/roomReserve.ts). */
export interface ReserveFile {
  readonly path: string;
  /** RawFile.identity: another file may stand there by now. */
  readonly identity: string;
}

/**
 * Does what may need room on a disk; where that is full, with what was kept for it: the main thread makes the reserve smaller as
 * images grow, and lanes can be faster.
 *
 * @throws GodwitError what `write` throws: E_DISK_FULL when nothing is left of the reserve
 */
export function withRoom(reserve: ReserveFile | undefined, write: () => void): void {
  for (;;) {
    try {
      write();
      return;
    } catch (error) {
      const isFull = error instanceof GodwitError && error.code === 'E_DISK_FULL';
      if (!isFull || reserve === undefined || !takeSome(reserve)) throw error;
    }
  }
}

/** False when there is nothing to take: the error of the disk is the one to tell, not why. */
function takeSome({ path, identity }: ReserveFile): boolean {
  let fd: number | undefined;
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
    const stat = fstatSync(fd, { bigint: true });
    const size = Number(stat.size);
    if (size === 0 || identityOf(stat) !== identity) return false;
    ftruncateSync(fd, Math.max(0, size - STEP_BYTES));
    return true;
  } catch {
    return false;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
