import { closeSync, fsyncSync, mkdtempSync, openSync, readSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cachedBytes, dropCached, startWriteBack } from './index.js';

const MEBIBYTE = 1024 ** 2;
const folder = mkdtempSync(join(tmpdir(), 'godwit-cache-'));
const fd = openSync(join(folder, 'file'), 'w+');
writeSync(fd, Buffer.alloc(16 * MEBIBYTE, 1));
afterAll(() => {
  closeSync(fd);
  rmSync(folder, { recursive: true, force: true });
});

/** statfs(2): tmpfs, where the cache is the file; and a kernel that can be asked. */
const TMPFS = 0x01021994;
const isTold = statfsSync(folder).type !== TMPFS && cachedBytes(fd, 0, MEBIBYTE) !== undefined;

describe('the page cache', () => {
  it.runIf(isTold)('gives back what is clean of a range, and reads it again', () => {
    expect(cachedBytes(fd, 0, 16 * MEBIBYTE)).toBe(16 * MEBIBYTE);
    startWriteBack(fd, 0, 16 * MEBIBYTE);
    fsyncSync(fd);
    // Pages come in folios of 2 MiB and less, and one that is dropped in part stays.
    dropCached(fd, 8 * MEBIBYTE, 8 * MEBIBYTE);
    expect([cachedBytes(fd, 0, 8 * MEBIBYTE), cachedBytes(fd, 8 * MEBIBYTE, 8 * MEBIBYTE)]).toEqual([8 * MEBIBYTE, 0]);
    const bytes = Buffer.alloc(4096);
    readSync(fd, bytes, 0, bytes.length, 8 * MEBIBYTE);
    expect([bytes[0], cachedBytes(fd, 8 * MEBIBYTE, 4096)]).toEqual([1, 4096]);
  });

  it.runIf(isTold)('keeps what is dirty of a range that is dropped', () => {
    writeSync(fd, Buffer.alloc(4096, 2), 0, 4096, 0);
    dropCached(fd, 0, 4096);
    const bytes = Buffer.alloc(4096);
    readSync(fd, bytes, 0, bytes.length, 0);
    expect(bytes[0]).toBe(2);
  });

  it('is asked nothing, without a failure, of what is no file', () => {
    const gone = 1_000_000;
    startWriteBack(gone, 0, 1);
    dropCached(gone, 0, 1);
    expect(cachedBytes(gone, 0, 1)).toBeUndefined();
  });
});
