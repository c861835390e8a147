import { randomBytes } from 'node:crypto';
import { readFileSync, truncateSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { command, MIB, served } from './testing/mounted.js';
import { requireFuse } from './testing/tools.js';

const PAGE = 4096;

/** Of megabytes no difference is shown. */
function expectSame(found: Buffer, expected: Buffer): void {
  expect(found.equals(expected)).toBe(true);
}

/** What dd is told to put bytes of a file into another, at a page, and wait until they are written. */
function putArguments(from: string, to: string, page: number): string[] {
  return [`if=${from}`, `of=${to}`, 'bs=4096', `seek=${page}`, 'conv=notrunc,fsync'];
}

describe('a file by FUSE', () => {
  beforeEach(requireFuse);

  it('reads as its image does, and writes what is written', async () => {
    const { path, image, writes, troubles } = await served(randomBytes(5 * MIB + 3 * PAGE));
    await command('cmp', path, image);
    const piece = await served(randomBytes(2 * MIB + PAGE));
    await command('dd', ...putArguments(piece.image, path, 7));
    expectSame(readFileSync(image).subarray(7 * PAGE, 7 * PAGE + 2 * MIB + PAGE), readFileSync(piece.image));
    expect(writes.reduce((sum, [, length]) => sum + length, 0)).toBe(2 * MIB + PAGE);
    await command('cmp', path, image);
    expect(troubles).toEqual([]);
  });

  it('keeps what it has read, until something newer is stored in its place', async () => {
    const old = randomBytes(3 * MIB);
    const { path, file, change } = await served(old);
    expectSame(await command('cat', path), old);
    const newer = randomBytes(MIB + PAGE);
    await change(PAGE, newer);
    expectSame(await command('cat', path), old);
    file.store(PAGE, newer.length);
    expectSame(await command('cat', path), Buffer.concat([old.subarray(0, PAGE), newer, old.subarray(MIB + 2 * PAGE)]));
  });

  it('asks its image for nothing of what is stored', async () => {
    const content = randomBytes(4 * MIB);
    const { path, image, file, troubles } = await served(content);
    file.store(0, content.length);
    truncateSync(image, 0);
    expectSame(await command('cat', path), content);
    expect(troubles).toEqual([]);
  });

  it('is stored while others read it for the first time', async () => {
    const content = randomBytes(32 * MIB);
    const { path, file } = await served(content);
    const reading = command('cat', path);
    for (let offset = 0; offset < content.length; offset += 3 * PAGE) {
      file.store(offset, PAGE);
      if (offset % MIB === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expectSame(await reading, content);
  });

  it('stores what an image lacks at its end as zeros', async () => {
    const { path, image, file } = await served(randomBytes(2 * PAGE));
    truncateSync(image, PAGE);
    file.store(0, PAGE);
    file.store(PAGE, PAGE);
    expect((await command('cat', path)).subarray(PAGE)).toEqual(Buffer.alloc(PAGE));
  });

  it('tells whoever syncs that something could not be written', async () => {
    const { path, image, troubles } = await served(Buffer.alloc(2 * PAGE), {
      write: () => Promise.reject(new Error('no room')),
    });
    await expect(command('dd', ...putArguments('/dev/urandom', path, 0), 'count=1')).rejects.toThrow(
      /Input\/output error/,
    );
    expect(troubles[0]).toBe('writing 4096 bytes at 0: no room');
    expect(readFileSync(image)).toEqual(Buffer.alloc(2 * PAGE));
  });

  it('tells whoever syncs that it could not be made durable', async () => {
    const { path } = await served(Buffer.alloc(PAGE), { flush: () => Promise.reject(new Error('disk gone')) });
    await expect(command('sync', path)).rejects.toThrow(/Input\/output error/);
  });

  it('stays as long as it is', async () => {
    const { path } = await served(Buffer.alloc(4 * PAGE));
    await expect(command('truncate', '--size', '1', path)).rejects.toThrow(/not permitted/);
    await expect(command('dd', ...putArguments('/dev/zero', path, 4), 'count=1')).rejects.toThrow();
    expect(String(await command('stat', '--format=%s', path))).toBe(`${4 * PAGE}\n`);
  });

  it('holds more writes than it has room for until there is room', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const lengths: number[] = [];
    const { path } = await served(Buffer.alloc(64 * MIB), {
      write: async (_, bytes) => {
        lengths.push(bytes.length);
        await held;
      },
    });
    const writing = command('dd', 'if=/dev/urandom', `of=${path}`, 'bs=1M', 'count=64', 'conv=notrunc,fsync');
    await expect.poll(() => lengths.length).toBeGreaterThan(0);
    release();
    await writing;
    expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(64 * MIB);
  });

  it('is refused where nothing can be mounted', async () => {
    await expect(served(Buffer.alloc(PAGE), { mountPoint: '/nowhere/at/all' })).rejects.toThrow(/nowhere|not exist/);
  });
});
