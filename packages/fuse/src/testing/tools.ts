import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What a test's context offers to end it early; vitest's TestContext fits. */
interface Skippable {
  skip(note?: string): never;
}

/** Skips the test on a person's machine where it is not root or there is no FUSE, and fails it in CI. */
export function requireFuse(context: Skippable): void {
  requireNoLack(context, whatLacks());
}

/** As requireFuse, for programs. */
export function requirePrograms(context: Skippable, programs: readonly string[]): void {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const lacking = programs.find((program) => !folders.some((folder) => existsSync(join(folder, program))));
  requireNoLack(context, lacking && `${lacking} is not installed`);
}

function requireNoLack(context: Skippable, lack: string | undefined): void {
  if (lack === undefined) return;
  if (process.env['CI'] === 'true') throw new Error(`${lack}; CI has to provide it`);
  // Mounting is a privilege that a person's account may lack, and its programs are not everywhere; CI has both.
  context.skip(lack);
}

function whatLacks(): string | undefined {
  if (process.getuid?.() !== 0) return 'it is not root';
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK);
    return undefined;
  } catch {
    return '/dev/fuse cannot be opened';
  }
}
