import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeRealImage } from './realImage.js';

const IMAGE_BYTES = 64 * 1024 ** 2;
const PATH = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-image-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the image of the demonstration', () => {
  const fsck = spawnSync('e2fsck', ['-V'], { env: { PATH } }).status === 0;
  it.skipIf(!fsck && process.env['CI'] !== 'true')('is a sparse file system without faults', async () => {
    const image = join(folder, 'disk.img');
    const made = await makeRealImage(image, IMAGE_BYTES, join(folder, 'staging'));
    expect(made.kind).toBe('ext4');
    expect(made.files).toBeGreaterThan(10);
    expect(statSync(image).size).toBe(IMAGE_BYTES);
    expect(statSync(image).blocks * 512).toBeLessThan(IMAGE_BYTES);
    expect(spawnSync('e2fsck', ['-fn', image], { env: { PATH } }).status).toBe(0);
    expect(existsSync(join(folder, 'staging'))).toBe(false);
  });

  it('holds the same real files where no file system can be made', async () => {
    const image = join(folder, 'disk.img');
    const made = await makeRealImage(image, IMAGE_BYTES, join(folder, 'staging'), 'mkfs.of-nowhere');
    expect(made.kind).toBe('archive');
    expect(statSync(image).size).toBe(IMAGE_BYTES);
    expect(statSync(image).blocks * 512).toBeGreaterThan(made.contentBytes / 2);
    expect(readFileSync(image).subarray(0, 40).toString()).toMatch(/^\d+ \//);
    expect(existsSync(join(folder, 'staging'))).toBe(false);
  });
});
