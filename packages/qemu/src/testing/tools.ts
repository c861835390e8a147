import { accessSync, closeSync, constants, openSync } from 'node:fs';
import { delimiter, join } from 'node:path';

export const QEMU = 'qemu-system-x86_64';

/** What a test's context offers to end it early; vitest's TestContext fits. */
interface Skippable {
  skip(note?: string): never;
}

/** Skips the test on a person's machine when a program is not there, and fails it in CI, which installs tools first. */
export function requireTool(context: Skippable, name: string): void {
  requireThat(context, hasTool(name), `${name} is not installed`);
}

/** As requireTool, for mounts by FUSE. */
export function requireFuse(context: Skippable): void {
  requireThat(context, canOpen('/dev/fuse'), '/dev/fuse cannot be opened');
  requireThat(context, process.getuid?.() === 0 || hasTool('fusermount3'), 'neither root nor fusermount3 is there');
}

function hasTool(name: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function canOpen(path: string): boolean {
  try {
    closeSync(openSync(path, constants.O_RDWR));
    return true;
  } catch {
    return false;
  }
}

function requireThat(context: Skippable, holds: boolean, lack: string): void {
  if (holds) return;
  if (process.env['CI'] === 'true') throw new Error(`${lack}; CI has to provide it`);
  // On a person's machine a program may well be missing.
  context.skip(lack);
}
