import { accessSync, constants } from 'node:fs';
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

function requireThat(context: Skippable, holds: boolean, lack: string): void {
  if (holds) return;
  if (process.env['CI'] === 'true') throw new Error(`${lack}; CI has to provide it`);
  context.skip(lack);
}
