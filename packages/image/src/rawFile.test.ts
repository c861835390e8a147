import {
  chmodSync,
  closeSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { RawFile } from './rawFile.js';
import { scratchFolder } from './testing/scratch.js';

const scratch = scratchFolder();
afterAll(() => scratch.remove());

/** An account that owns nothing. */
const NOBODY = 65_534;
let count = 0;
/** Makes a sparse file of `size` bytes. */
function fileOf(size: number, folder = scratch): string {
  const path = folder.path(`file-${++count}`);
  const fd = openSync(path, 'w');
  ftruncateSync(fd, size);
  closeSync(fd);
  return path;
}

describe('a raw file', () => {
  it.each([0, 1, 4095, 4097, 1_000_003])('of %i bytes is read as it was written', async (size) => {
    const file = RawFile.open(fileOf(size));
    const bytes = Buffer.from(Array.from({ length: size }, (_, i) => (i * 7) % 251));
    await file.write(bytes.subarray(0, size >> 1), 0);
    file.writeSync(bytes.subarray(size >> 1), size >> 1);
    const [one, other] = [Buffer.alloc(size), Buffer.alloc(size)];
    await file.read(one, 0);
    file.readSync(other, 0);
    expect([one.equals(bytes), other.equals(bytes), file.size, file.isBlockDevice]).toEqual([true, true, size, false]);
    await file.sync();
    file.assertSize();
    await file.close();
  });

  it('of 3 TiB keeps bytes at its far end apart from those near 0', async () => {
    const size = 3 * 1024 ** 4 + 5;
    const file = RawFile.open(fileOf(size));
    for (const offset of [0, 2 ** 31 - 3, 2 ** 32 - 3, 2 ** 41 + 1, size - 5]) {
      await file.write(Buffer.from(`${offset}`.slice(-5).padStart(5)), offset);
    }
    const found = Buffer.alloc(5);
    await file.read(found, size - 5);
    expect(found.toString()).toBe(`${size - 5}`.slice(-5));
    expect(file.nextData(2 ** 41 + 2 ** 20)).toBeGreaterThan(2 ** 41 + 2 ** 20);
    const ranges = [...file.dataRanges()];
    expect(ranges.reduce((sum, { length }) => sum + length, 0)).toBe(file.allocatedBytes() - (4096 - (size % 4096)));
    file.zeroSync(2 ** 41, 2 ** 20);
    await file.zero(0, size);
    // File systems free whole blocks; the beginning of the last one reads as zeros and stays.
    const wholeBlocks = size - (size % 4096);
    expect([...file.dataRanges(file.size, file.size + 4096)]).toEqual([]);
    expect([...file.dataRanges(0, wholeBlocks)]).toEqual([]);
    expect(file.nextData(0)).toBeGreaterThanOrEqual(wholeBlocks);
    await file.read(found, size - 5);
    expect(found).toEqual(Buffer.alloc(5));
    await file.close();
  });

  it('is told apart from others, however it is named', () => {
    const path = fileOf(10);
    const files = [RawFile.open(path), RawFile.open(path.replace('/file-', '/./file-')), RawFile.open(fileOf(10))];
    const [one, same, other] = files.map((file) => file.identity());
    expect(same).toBe(one);
    expect(other).not.toBe(one);
    for (const file of files) file.closeSync();
  });

  it('is told apart from the one that had its inode before', () => {
    const path = fileOf(10);
    const before = RawFile.open(path);
    before.closeSync();
    unlinkSync(path);
    // ext4 and others give the freed inode to the next file.
    writeFileSync(path, Buffer.alloc(10));
    const after = RawFile.open(path);
    expect(after.identity()).not.toBe(before.identity());
    linkSync(path, `${path}-linked`);
    const linked = RawFile.open(`${path}-linked`);
    expect(linked.identity()).toBe(after.identity());
    linked.closeSync();
    after.closeSync();
  });
});

describe('opening what is no image', () => {
  it('says what is wrong', () => {
    const folder = scratch.path('folder');
    mkdirSync(folder);
    const expectCode = (path: string, code: string) =>
      expect(() => RawFile.open(path)).toThrow(expect.objectContaining({ code }));
    expectCode(folder, 'E_NOT_AN_IMAGE');
    expectCode('/dev/null', 'E_NOT_AN_IMAGE');
    expectCode(scratch.path('missing'), 'E_NO_FILE');
    expectCode(`${fileOf(1)}/below`, 'E_NO_FILE');
    expect(() => RawFile.open(folder, 'r')).toThrow(
      expect.objectContaining({ parameters: { path: folder, kind: 'directory' } }),
    );
  });

  it('says that it may not', () => {
    const path = fileOf(10);
    chmodSync(path, 0o444);
    chmodSync(dirname(path), 0o755);
    // Root may open everything, so it becomes somebody else for the moment.
    const isRoot = process.geteuid?.() === 0;
    if (isRoot) process.seteuid?.(NOBODY);
    try {
      expect(() => RawFile.open(path)).toThrow(expect.objectContaining({ code: 'E_UNREADABLE' }));
      RawFile.open(path, 'r').closeSync();
    } finally {
      if (isRoot) process.seteuid?.(0);
    }
  });
});

describe('a raw file that changes or closes underneath', () => {
  it('that shrank is E_SIZE_CHANGED where bytes are missing', async () => {
    const path = fileOf(100);
    const file = RawFile.open(path);
    truncateSync(path, 60);
    const changed = expect.objectContaining({ code: 'E_SIZE_CHANGED', parameters: { path, before: 100, after: 60 } });
    expect(() => file.assertSize()).toThrow(changed);
    expect(() => file.readSync(Buffer.alloc(50), 50)).toThrow(changed);
    await expect(file.read(Buffer.alloc(50), 50)).rejects.toEqual(changed);
    await file.close();
  });

  it('that may not be written is E_IO with the offset, and stays usable', async () => {
    const path = fileOf(100);
    const file = RawFile.open(path, 'r');
    const failed = expect.objectContaining({ code: 'E_IO', parameters: expect.objectContaining({ path, offset: 7 }) });
    expect(() => file.writeSync(Buffer.alloc(5), 7)).toThrow(failed);
    await expect(file.write(Buffer.alloc(5), 7)).rejects.toEqual(failed);
    await expect(file.zero(7, 5)).rejects.toEqual(failed);
    await file.read(Buffer.alloc(5), 7);
    await file.close();
  });

  it('is closed when what is in progress has ended, and touches no other file afterwards', async () => {
    const file = RawFile.open(fileOf(64 * 1024 * 1024));
    const order: string[] = [];
    const writes = Array.from({ length: 16 }, async (_, i) => {
      await file.write(Buffer.alloc(4 * 1024 * 1024, 1), i * 4 * 1024 * 1024);
      order.push('written');
    });
    const closed = Promise.all([file.close(), file.close()]).then(() => order.push('closed'));
    await Promise.all([...writes, closed]);
    expect(order).toEqual([...writes.map(() => 'written'), 'closed']);
    // The number of the descriptor is another file's now.
    const bystander = fileOf(10);
    const reused = openSync(bystander, 'r+');
    expect(reused).toBe(file.fd);
    const late = expect.objectContaining({ code: 'E_IO' });
    await expect(file.write(Buffer.from('x'), 0)).rejects.toEqual(late);
    await expect(file.zero(0, 10)).rejects.toEqual(late);
    await expect(file.sync()).rejects.toEqual(late);
    expect(() => file.zeroSync(0, 10)).toThrow(late);
    expect(() => file.readSync(Buffer.alloc(1), 0)).toThrow(late);
    closeSync(reused);
  });

  it('leaves the thread a turn before each step of a large zeroing', async () => {
    const size = 256 * 1024 ** 2;
    const file = RawFile.open(fileOf(size));
    file.writeSync(Buffer.from('begin'), 0);
    let turns = 0;
    const count = () => {
      turns += 1;
      turning = setImmediate(count);
    };
    let turning = setImmediate(count);
    const zeroed = file.zero(0, size);
    const begin = Buffer.alloc(5);
    file.readSync(begin, 0);
    expect(begin.toString()).toBe('begin');
    await zeroed;
    clearImmediate(turning);
    expect(turns).toBeGreaterThanOrEqual(4);
    expect(file.allocatedBytes()).toBe(0);
    await file.close();
  });

  it('lets a zeroing of many steps end before it closes', async () => {
    const size = 5 * 1024 ** 3;
    const file = RawFile.open(fileOf(size));
    file.writeSync(Buffer.from('end'), size - 3);
    const zeroed = file.zero(0, size);
    await Promise.all([zeroed, file.close()]);
    const again = RawFile.open(file.path);
    expect([...again.dataRanges()]).toEqual([]);
    again.closeSync();
  });
});

const FOLDERS = [scratch, scratchFolder('/dev/shm')];
afterAll(() => FOLDERS[1]?.remove());

describe('holes of a raw file', () => {
  it.each(FOLDERS)('are where nothing was written or all was zeroed (%#)', async (folder) => {
    const pages = 64;
    const step = fc.tuple(fc.boolean(), fc.nat(pages - 1), fc.integer({ min: 1, max: 20 }), fc.boolean());
    const property = fc.asyncProperty(fc.array(step, { maxLength: 10 }), async (steps) => {
      const file = RawFile.open(fileOf(pages * 4096, folder));
      const truth = new Uint8Array(pages);
      for (const [isWrite, first, wanted, isSync] of steps) {
        const length = Math.min(wanted, pages - first);
        const [offset, bytes] = [first * 4096, length * 4096];
        if (isWrite) file.writeSync(Buffer.alloc(bytes, 9), offset);
        else if (isSync) file.zeroSync(offset, bytes);
        else await file.zero(offset, bytes);
        truth.fill(isWrite ? 1 : 0, first, first + length);
      }
      const found = new Uint8Array(pages);
      for (const { offset, length } of file.dataRanges()) found.fill(1, offset / 4096, (offset + length) / 4096);
      expect(found).toEqual(truth);
      expect(file.allocatedBytes()).toBe(truth.reduce((sum, data) => sum + data * 4096, 0));
      const bytes = Buffer.alloc(file.size);
      await file.read(bytes, 0);
      expect(
        truth.map((_, page) => (bytes.subarray(page * 4096, page * 4096 + 4096).some((byte) => byte !== 0) ? 1 : 0)),
      ).toEqual(truth);
      const half = [...file.dataRanges(10 * 4096, 20 * 4096)];
      expect(half.reduce((sum, { length }) => sum + length / 4096, 0)).toBe(
        truth.slice(10, 20).reduce((a, b) => a + b, 0),
      );
      await file.close();
    });
    await fc.assert(property, { numRuns: 40 });
  });

  it('yield no empty range when a discard comes between the two questions for it', async () => {
    const file = RawFile.open(fileOf(64 * 4096));
    file.writeSync(Buffer.alloc(4096, 1), 8 * 4096);
    file.writeSync(Buffer.alloc(4096, 1), 16 * 4096);
    const ask = file.nextData.bind(file);
    const asked = vi.spyOn(file, 'nextData').mockImplementationOnce((offset) => {
      const found = ask(offset);
      file.zeroSync(found, 4096);
      return found;
    });
    expect([...file.dataRanges()]).toEqual([{ offset: 16 * 4096, length: 4096 }]);
    expect(asked).toHaveBeenCalledTimes(3);
    await file.close();
  });

  it('of odd ranges zero just those bytes', async () => {
    const path = scratch.path('odd');
    writeFileSync(path, Buffer.alloc(20_001, 1));
    const file = RawFile.open(path);
    const expected = Buffer.alloc(20_001, 1).fill(0, 3, 9001).fill(0, 19_999, 20_001);
    await file.zero(3, 8998);
    file.zeroSync(19_999, 2);
    await file.zero(500, 0);
    const found = Buffer.alloc(20_001);
    await file.read(found, 0);
    expect(found.equals(expected)).toBe(true);
    file.assertSize();
    await file.close();
  });
});
