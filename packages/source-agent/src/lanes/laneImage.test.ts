import { readdirSync, readlinkSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { REGION_BYTES } from '../rounds/workList.js';
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

it('has the kernel read ahead where a region does not follow the one before, and leaves the rest to it', () => {
  const lane = new LaneImage(0, image(REGION_BYTES, 4096).handle());
  const begun = vi.spyOn(lane.file, 'startReading').mockReturnValue(undefined);
  // As a lane says it: this one, and the next of the list.
  for (const region of [0, 1, 1, 2, 2, 900, 900, 901, 901, 3]) lane.awaits(region);
  expect(begun.mock.calls).toEqual([900, 3].map((region) => [region * REGION_BYTES, REGION_BYTES]));
  lane.file.closeSync();
});
