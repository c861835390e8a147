import { accessSync, constants } from 'node:fs';

/** What a test's context offers to end it early; vitest's TestContext fits. */
interface Skippable {
  skip(note?: string): never;
}

/** Skips the test on a person's machine where it is not root or there is no FUSE, and fails it in CI. */
export function requireFuse(context: Skippable): void {
  const lack = whatLacks();
  if (lack === undefined) return;
  if (process.env['CI'] === 'true') throw new Error(`${lack}; CI has to provide it`);
  context.skip(lack);
}

function whatLacks(): string | undefined {
  try {
    accessSync('/dev/fuse', constants.R_OK | constants.W_OK);
    return undefined;
  } catch {
    return '/dev/fuse cannot be opened';
  }
}
