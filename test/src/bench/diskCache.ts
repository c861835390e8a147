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
