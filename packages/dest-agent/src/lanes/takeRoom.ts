import { closeSync, constants, fstatSync, ftruncateSync, openSync } from 'node:fs';
import { GodwitError } from '@godwit/errors';

const STEP_BYTES = 64 * 1024 * 1024;

/**
 * Does what may need room on a disk; where that is full, with what was kept for it (incoming/roomReserve.ts): the main thread
 * makes the reserve smaller as images grow, and lanes can be faster.
 *
 * @param reserve path of the reserve; undefined: none is kept
 * @throws GodwitError what `write` throws: E_DISK_FULL when nothing is left of the reserve
 */
export function withRoom(reserve: string | undefined, write: () => void): void {
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

/** False when there is nothing to take. */
function takeSome(reserve: string): boolean {
  let fd: number;
  try {
    fd = openSync(reserve, constants.O_RDWR | constants.O_NOFOLLOW);
  } catch {
    // Given back already, or never made: the error of the disk is the one to tell.
    return false;
  }
  try {
    const { size } = fstatSync(fd);
    if (size > 0) ftruncateSync(fd, Math.max(0, size - STEP_BYTES));
    return size > 0;
  } finally {
    closeSync(fd);
  }
}
