import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LiveImage } from '@godwit/image';
import { onTestFinished } from 'vitest';

export const BLOCK_BYTES = 4096;

/** An image of ones, in memory where the machine offers that, that ends with the running test. */
export function scratchImage(name: string, sizeBytes: number): LiveImage {
  const folder = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'godwit-nbd-'));
  const path = join(folder, `${name}.raw`);
  writeFileSync(path, Buffer.alloc(sizeBytes, 1));
  const image = LiveImage.open({ name, path, kind: 'disk', blockBytes: BLOCK_BYTES });
  onTestFinished(async () => {
    await image.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return image;
}
