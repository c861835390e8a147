import { Errno, libc, SystemCallError } from './libc.js';

const POSIX_FADV_WILLNEED = 3;
const POSIX_FADV_DONTNEED = 4;
const SYNC_FILE_RANGE_WRITE = 2;
/** WAIT_BEFORE and WAIT_AFTER. */
const SYNC_FILE_RANGE_WAIT = 1 | 4;
/** cachestat(2), since Linux 6.5: one number for all processors, and no function of glibc. */
const CACHESTAT = 451;
/** Its struct cachestat: five 64-bit counts, the first of them pages in the cache. */
const STAT_WORDS = 5;
const PAGE_BYTES = 4096;

/** For measuring without, and for whoever finds that they do harm. */
const native = process.env['GODWIT_NO_CACHE_HINTS'] === '1' ? undefined : libc;

/**
 * Lets the kernel begin to write a range back, so that a later fdatasync finds little to do (sync_file_range(2)). Waits only
 * where the disk's queue is full. A wish: where it cannot be done nothing is.
 */
export function startWriteBack(fd: number, offset: number, length: number): void {
  native?.sync_file_range(fd, offset, length, SYNC_FILE_RANGE_WRITE);
}

/**
 * Writes a range back, and waits until that is done (sync_file_range(2)). Not durable, and nothing is done where there are no system calls: whoever
 * needs either calls fsync after it. An error is told here, and not by that fsync again.
 *
 * @throws SystemCallError
 */
export function writeBack(fd: number, offset: number, length: number): void {
  if (native === undefined) return;
  while (native.sync_file_range(fd, offset, length, SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT) !== 0) {
    const errno = native.errno();
    if (errno !== Errno.EINTR) throw new SystemCallError('sync_file_range', errno);
  }
}

/**
 * Drops a range from the page cache, but for pages that are dirty or mapped (posix_fadvise(2)); of dirty ones it begins
 * write-back. A wish, as above.
 */
export function dropCached(fd: number, offset: number, length: number): void {
  native?.posix_fadvise(fd, offset, length, POSIX_FADV_DONTNEED);
}

/** Begins to read a range into the page cache, in one go and without waiting (posix_fadvise(2)). A wish, as above. */
export function startReading(fd: number, offset: number, length: number): void {
  native?.posix_fadvise(fd, offset, length, POSIX_FADV_WILLNEED);
}

/** How much of a range the page cache holds; undefined where that cannot be asked (Linux before 6.5, another's file). */
export function cachedBytes(fd: number, offset: number, length: number): number | undefined {
  if (native === undefined) return undefined;
  const range = new BigUint64Array([BigInt(offset), BigInt(length)]);
  const stat = new BigUint64Array(STAT_WORDS);
  if (native.cachestat(CACHESTAT, fd, range, stat, 0) !== 0) return undefined;
  return Number(stat[0]) * PAGE_BYTES;
}
