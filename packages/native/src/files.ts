import { Errno, hasHoles, libc, SystemCallError } from './libc.js';

const SEEK_END = 2;
const SEEK_DATA = 3;
const SEEK_HOLE = 4;
const FALLOC_FL_KEEP_SIZE = 1;
const FALLOC_FL_PUNCH_HOLE = 2;
const FALLOC_FL_ZERO_RANGE = 0x10;
const LOCK_EX = 2;
const LOCK_NB = 4;

function seek(fd: number, offset: number, whence: number): number | 'none' | undefined {
  if (libc === undefined) return undefined;
  const found = libc.lseek(fd, offset, whence);
  if (found >= 0) return found;
  const errno = libc.errno();
  if (errno === Errno.ENXIO) return 'none';
  if (errno === Errno.EINVAL || errno === Errno.EOPNOTSUPP) return undefined;
  throw new SystemCallError('lseek', errno);
}

/**
 * Offset of the first data byte at or after `offset` (lseek(2) SEEK_DATA); 'none' when only a hole
 * follows; undefined when the file system cannot say. Moves the descriptor's position, which nobody uses.
 */
export function nextData(fd: number, offset: number): number | 'none' | undefined {
  return hasHoles ? seek(fd, offset, SEEK_DATA) : undefined;
}

/** Offset of the first hole at or after `offset` (SEEK_HOLE; the end of the file counts as one), else as nextData. */
export function nextHole(fd: number, offset: number): number | 'none' | undefined {
  return hasHoles ? seek(fd, offset, SEEK_HOLE) : undefined;
}

/** Size of what `fd` refers to in bytes, block devices included; undefined when it cannot be asked. */
export function seekEnd(fd: number): number | undefined {
  const end = seek(fd, 0, SEEK_END);
  return end === 'none' ? undefined : end;
}

function fallocate(fd: number, mode: number, offset: number, length: number): boolean {
  if (libc === undefined || !hasHoles) return false;
  let errno: number = Errno.EINTR;
  // A signal may come between (a profiler's): the call is made again.
  while (errno === Errno.EINTR) {
    if (libc.fallocate(fd, mode, offset, length) === 0) return true;
    errno = libc.errno();
  }
  if (errno === Errno.EOPNOTSUPP || errno === Errno.ENOSYS || errno === Errno.EINVAL) return false;
  throw new SystemCallError('fallocate', errno);
}

/** Frees a byte range so that it reads as zeros (fallocate(2) PUNCH_HOLE); false: unsupported, write zeros instead. */
export function punchHole(fd: number, offset: number, length: number): boolean {
  return fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length);
}

/**
 * Makes a byte range read as zeros and keeps it allocated (fallocate(2) ZERO_RANGE; where that is not to be had,
 * as on tmpfs, the range is freed and allocated again). False: unsupported, write zeros instead; nothing has changed.
 */
export function zeroRange(fd: number, offset: number, length: number): boolean {
  if (fallocate(fd, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, offset, length)) return true;
  // Allocated first of all, so that a file system that cannot do it, or is full, has lost nothing yet.
  const allocates = fallocate(fd, FALLOC_FL_KEEP_SIZE, offset, length);
  return allocates && punchHole(fd, offset, length) && fallocate(fd, FALLOC_FL_KEEP_SIZE, offset, length);
}

/** Gives a byte range room on disk, and makes the file as long as that (fallocate(2)); false: unsupported. */
export function allocate(fd: number, offset: number, length: number): boolean {
  return fallocate(fd, 0, offset, length);
}

/**
 * Takes an exclusive lock on an open file (flock(2), released when the process ends however it ends).
 * False: another open of the file holds it. Undefined: not to be had here (ENOLCK: NFS without a lock daemon).
 */
export function lockExclusively(fd: number): boolean | undefined {
  if (libc === undefined) return undefined;
  if (libc.flock(fd, LOCK_EX | LOCK_NB) === 0) return true;
  const errno = libc.errno();
  if (errno === Errno.EWOULDBLOCK) return false;
  if (errno === Errno.ENOLCK || errno === Errno.EOPNOTSUPP || errno === Errno.ENOSYS) return undefined;
  throw new SystemCallError('flock', errno);
}
