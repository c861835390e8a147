import { readdirSync, readlinkSync } from 'node:fs';
import { expect, it } from 'vitest';
import { scratchImages } from '../testing/scratchImage.js';
import { LaneImage } from './laneImage.js';

const image = scratchImages();

function opened(path: string): number {
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return '';
    }
  });
  return links.filter((link) => link === path).length;
}

it.runIf(process.platform === 'linux')(
  'leaves no image open when the last cannot be opened: the thread lives on',
  () => {
    const live = image(4096, 4096);
    const handle = live.handle();
    const before = opened(handle.path);
    expect(before).toBe(1);
    expect(() => LaneImage.openAll([handle, { ...handle, path: `${handle.path}.gone` }])).toThrow();
    expect(opened(handle.path)).toBe(before);
    const images = LaneImage.openAll([handle, handle]);
    expect([opened(handle.path), images.map(({ index }) => index)]).toEqual([before + 2, [0, 1]]);
    for (const { file } of images) file.closeSync();
  },
);
