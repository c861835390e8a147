import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it, type TestContext } from 'vitest';
import { LiveImage } from './liveImage.js';
import { RawFile } from './rawFile.js';
import { scratchFolder } from './testing/scratch.js';

const scratch = scratchFolder();
afterAll(() => scratch.remove());

/** A loop device over the file, or a skip: containers often have none, in CI as well. */
function loopDevice(context: TestContext, path: string): string {
  try {
    return execFileSync('losetup', ['--find', '--show', path], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch (error) {
    // An unprivileged container has no loop devices, whatever is installed in it; CI may be one.
    return context.skip(`no loop device to be had: ${error instanceof Error ? error.message : ''}`);
  }
}

describe('a block device', () => {
  it('is an image of its own size, read, written, zeroed and found again', async (context) => {
    const path = scratch.path('disk');
    writeFileSync(path, Buffer.alloc(3 * 1024 * 1024, 5));
    const device = loopDevice(context, path);
    try {
      const file = RawFile.open(device);
      expect([file.isBlockDevice, file.size, file.allocatedBytes()]).toEqual([true, 3145728, 3145728]);
      await file.write(Buffer.from('godwit'), 1_000_001);
      await file.zero(65_536, 65_536);
      // Not in whole sectors: zeros are written.
      file.zeroSync(2_000_001, 1001);
      const expected = Buffer.alloc(3 * 1024 * 1024, 5)
        .fill(0, 65_536, 131_072)
        .fill(0, 2_000_001, 2_001_002);
      expected.write('godwit', 1_000_001);
      const found = Buffer.alloc(file.size);
      await file.read(found, 0);
      expect(found.equals(expected)).toBe(true);
      expect([...file.dataRanges()]).toEqual([{ offset: 0, length: file.size }]);
      const other = RawFile.open(device, 'r');
      expect(other.identity()).toBe(file.identity());
      expect(file.identity()).toMatch(/^device /);
      file.assertSize();
      await file.sync();
      other.closeSync();
      await file.close();
      expect(readFileSync(path).equals(expected)).toBe(true);
    } finally {
      execFileSync('losetup', ['--detach', device]);
    }
  });
});

it('without system calls of its own, zeros are written and everything counts as data', () => {
  const path = scratch.path('plain');
  const size = 8_000_001;
  writeFileSync(path, Buffer.alloc(size, 3));
  const program = fileURLToPath(new URL('./testing/withoutNative.js', import.meta.url));
  const env = { ...process.env, GODWIT_NO_NATIVE: '1' };
  const said: unknown = JSON.parse(execFileSync(process.execPath, [program, path], { encoding: 'utf8', env }));
  expect(said).toEqual({ hasNative: false, size, ranges: [{ offset: 0, length: size }], next: 77 });
  const expected = Buffer.alloc(size, 3).fill(0, 5, 3_000_005).fill(0, 4_000_001, 6_500_001);
  expect(readFileSync(path).equals(expected)).toBe(true);
});

it('a file system without room ends a write with E_DISK_FULL, and the blocks count as written', async (context) => {
  const folder = scratch.path('small');
  mkdirSync(folder);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder], { stdio: 'pipe' });
  } catch {
    // Mounting is a privilege, not a tool: an unprivileged container lacks it, and CI may be one.
    context.skip('tmpfs cannot be mounted here');
  }
  try {
    const path = `${folder}/image`;
    execFileSync('truncate', ['-s', '1M', path]);
    const image = LiveImage.open({ name: 'small', path, kind: 'disk', blockBytes: 65_536 });
    await expect(image.write(65_536, Buffer.alloc(600_000, 1))).rejects.toMatchObject({ code: 'E_DISK_FULL' });
    // Part of it is in the file: all of it is dirty.
    expect(image.maps.dirty.nextRun(0, 16)).toEqual({ first: 1, count: 10 });
    expect(image.counters).toMatchObject({ writes: 0, writtenBytes: 0 });
    await image.freeze();
    await image.close();
  } finally {
    execFileSync('umount', [folder]);
  }
});
