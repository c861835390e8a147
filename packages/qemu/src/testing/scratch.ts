import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder until the test ends. */
export function scratchFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'godwit-qemu-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
