import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes a folder in `parent` for the tests of one file, gone with `remove`. */
export function scratchFolder(parent: string = tmpdir()): { path(name: string): string; remove(): void } {
  const folder = mkdtempSync(join(parent, 'godwit-image-'));
  return {
    path: (name) => join(folder, name),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
