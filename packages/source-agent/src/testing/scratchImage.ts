import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LiveImage } from '@godwit/image';
import { afterAll } from 'vitest';

/** tmpfs where there is one: it has holes, and no disk is worn. */
const ROOT = process.platform === 'linux' ? '/dev/shm' : tmpdir();

/** A folder that is gone after the tests of the file. */
function scratchFolder(): string {
  const folder = mkdtempSync(join(ROOT, 'godwit-unit-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** A sparse file of `size` bytes with data at `pieces` alone. */
function makeSparseFile(path: string, size: number, pieces: readonly Piece[] = []): void {
  const fd = openSync(path, 'w');
  try {
    ftruncateSync(fd, size);
    for (const { offset, bytes } of pieces) writeSync(fd, bytes, 0, bytes.length, offset);
  } finally {
    closeSync(fd);
  }
}

/** Images on scratch files, closed after the tests of the file. */
export function scratchImages(): (size: number, blockBytes: number, pieces?: readonly Piece[]) => LiveImage {
  const folder = scratchFolder();
  const open: LiveImage[] = [];
  afterAll(() => {
    for (const image of open) image.file.closeSync();
  });
  return (size, blockBytes, pieces) => {
    const path = join(folder, `${open.length}.raw`);
    makeSparseFile(path, size, pieces);
    const image = LiveImage.open({ name: `image${open.length}`, path, kind: 'disk', blockBytes });
    open.push(image);
    return image;
  };
}
