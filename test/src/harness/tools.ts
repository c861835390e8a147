import { accessSync, closeSync, constants, openSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** True when a program of that name can be started. */
export function hasTool(name: string): boolean {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** What a test's context offers to end it early; vitest's TestContext fits. */
export interface Skippable {
  skip(note?: string): never;
}

/** Skips the test on a person's machine when a tool is not there, and fails it in CI, which installs tools first. */
export function requireTool(context: Skippable, name: string): void {
  requireThat(context, hasTool(name), `${name} is not installed`);
}

/** As requireTool, for network namespaces and the like. */
export function requireRoot(context: Skippable): void {
  requireThat(context, process.getuid?.() === 0, 'root is needed');
}

/** As requireTool, for mounts by FUSE: the kernel's device, and the right or the helper to mount. */
export function requireFuse(context: Skippable): void {
  requireThat(context, canOpen('/dev/fuse'), '/dev/fuse cannot be opened');
  requireThat(context, process.getuid?.() === 0 || hasTool('fusermount3'), 'neither root nor fusermount3 is there');
}

function canOpen(path: string): boolean {
  try {
    closeSync(openSync(path, constants.O_RDWR));
    return true;
  } catch {
    return false;
  }
}

/** As requireTool, for anything else that a test needs; `lack` says that it is missing. */
export function requireThat(context: Skippable, holds: boolean, lack: string): void {
  if (holds) return;
  if (process.env['CI'] === 'true') throw new Error(`${lack}; CI has to provide it`);
  // A person without the tool still gets every other test; in CI the line above has failed already.
  context.skip(lack);
}
