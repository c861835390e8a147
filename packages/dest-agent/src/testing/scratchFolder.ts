import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';

/** tmpfs where there is one: it has holes, and no disk is worn. */
const ROOT = process.platform === 'linux' ? '/dev/shm' : tmpdir();

/** A folder that is gone after the tests of the file. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(ROOT, 'godwit-unit-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
