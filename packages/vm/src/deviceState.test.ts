import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LiveImage } from '@godwit/image';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readState, writeState } from './deviceState.js';

const IMAGE_BYTES = 4 * 1024 * 1024;
let folder: string;
let image: LiveImage;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-state-'));
  const path = join(folder, 'state.img');
  writeFileSync(path, '');
  truncateSync(path, IMAGE_BYTES);
  image = LiveImage.open({ name: 'web-state', path, kind: 'memory', blockBytes: 4096 });
});
afterEach(async () => {
  await image.close();
  rmSync(folder, { recursive: true });
});

it('is read as it was written, a shorter one over a longer one too, and marks what it wrote', async () => {
  for (const bytes of [3_000_000, 5, 0]) {
    const state = Buffer.alloc(bytes, bytes % 251);
    await writeState(image, state);
    expect((await readState(image)).equals(state)).toBe(true);
  }
  expect(image.maps.dirty.count()).toBe(Math.ceil(3_000_000 / 4096) + 1);
});

it('is refused where it does not fit, and where there is none', async () => {
  await expect(writeState(image, Buffer.alloc(IMAGE_BYTES))).rejects.toMatchObject({ code: 'E_TOO_LARGE' });
  await expect(readState(image)).rejects.toMatchObject({ code: 'E_WORKLOAD' });
});
