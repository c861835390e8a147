import { closeSync, fsyncSync, openSync } from 'node:fs';
import koffi from 'koffi';
import type { Place } from './measured.js';

const DONTNEED = 4;

const advise: (fd: number, offset: number, length: number, advice: number) => number = koffi
  .load(null)
  .func('int posix_fadvise(int fd, int64_t offset, int64_t length, int advice)');

/**
 * Makes the next read of a file on disk come from the disk: its pages are dropped, others' are not (as
 * /proc/sys/vm/drop_caches would). In memory there is nothing to drop.
 */
export function dropCached(place: Place, path: string): void {
  if (place.name !== 'disk') return;
  const fd = openSync(path, 'r');
  try {
    // Only what is written can be dropped.
    fsyncSync(fd);
    advise(fd, 0, 0, DONTNEED);
  } finally {
    closeSync(fd);
  }
}

/** cachestat(2), Linux 6.5. */
const CACHESTAT = 451;
const PAGE_BYTES = 4096;
const cachestat: (n: number, fd: number, range: BigUint64Array, stat: BigUint64Array, flags: number) => number = koffi
  .load(null)
  .func('long syscall(long number, long fd, const uint64_t *range, _Out_ uint64_t *stat, unsigned long flags)');

/** Of a file, what the page cache holds. */
export function cachedBytesOf(path: string): number {
  const fd = openSync(path, 'r');
  try {
    const stat = new BigUint64Array(5);
    if (cachestat(CACHESTAT, fd, new BigUint64Array(2), stat, 0) !== 0) return Number.NaN;
    return Number(stat[0]) * PAGE_BYTES;
  } finally {
    closeSync(fd);
  }
}
