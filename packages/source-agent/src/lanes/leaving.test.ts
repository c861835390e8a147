import { closeSync, fsyncSync, mkdtempSync, openSync, readSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LiveImage } from '@godwit/image';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ColdStretches } from '../rounds/coldStretches.js';
import { LaneImage } from './laneImage.js';

const MEBIBYTE = 1024 ** 2;
const STRETCH = 8 * MEBIBYTE;
const SIZE = 4 * STRETCH;
/** statfs(2): tmpfs, where the cache is the file. */
const TMPFS = 0x01021994;

let folder: string;
let live: LiveImage;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-leaving-'));
  const path = join(folder, 'disk.raw');
  const fd = openSync(path, 'w');
  writeSync(fd, Buffer.alloc(SIZE, 1));
  fsyncSync(fd);
  closeSync(fd);
  live = LiveImage.open({ name: 'disk', path, kind: 'disk', blockBytes: 65_536 });
});
afterEach(() => {
  live.file.closeSync();
  rmSync(folder, { recursive: true, force: true });
});

const cachedMebibytes = (): number[] =>
  [0, 1, 2, 3].map((stretch) => (live.file.cachedBytes(stretch * STRETCH, STRETCH) ?? 0) / MEBIBYTE);

describe('a lane that reads an image for the last time', () => {
  it('drops what it alone has put into the page cache, and leaves what was there', async (context) => {
    // In memory the cache is the file, and before Linux 6.5 nobody can ask (LIMITS.md): nothing is dropped, there is nothing to see.
    if (statfsSync(folder).type === TMPFS) context.skip('the temporary files are in memory');
    if (live.file.cachedBytes(0, 1) === undefined) context.skip('this kernel does not say what is cached');
    live.file.dropCached(0, SIZE);
    // A page of the workload's, and read-ahead around it as the kernel likes.
    readSync(live.file.fd, Buffer.alloc(4096), 0, 4096, STRETCH + 5 * 4096);
    const before = cachedMebibytes();
    const cold = ColdStretches.of(SIZE);
    await cold.survey(live.file);
    const lane = new LaneImage(0, live.handle(), cold.buffer);
    const bytes = Buffer.alloc(MEBIBYTE);
    for (let region = 0; region < SIZE / MEBIBYTE; region++) {
      lane.file.readSync(bytes, region * MEBIBYTE);
      lane.leave(region);
    }
    // Others are not as far: the last two stretches stay until the end of the pass.
    expect(cachedMebibytes().slice(2)).toEqual([8, 8]);
    lane.endLeaving();
    expect(cachedMebibytes()).toEqual(before.map((mebibytes) => (mebibytes === 0 ? 0 : 8)));
    expect([before[0], (before[1] ?? 0) > 0]).toEqual([0, true]);
    lane.file.closeSync();
  });
});
