import { expect, it } from 'vitest';
import { imageNamesOf, movingImages } from './names.js';
import { manifestWith } from './testing/manifest.js';

it('names the images of a machine, and of one that is off its own disks alone', () => {
  expect(imageNamesOf(manifestWith())).toEqual({
    ram: 'web-ram',
    state: 'web-state',
    disks: new Map([['root', 'web-root']]),
  });
  expect(movingImages(manifestWith(), true)).toEqual(['web-ram', 'web-state', 'web-root']);
  expect(movingImages(manifestWith(), false)).toEqual(['web-root']);
});
