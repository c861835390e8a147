import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { problemOf } from '@godwit/errors';
import { QEMU_BOUNDS } from '../bounds.js';

/** Says that type=fuse is none, in whatever words its version has. */
const WITHOUT_FUSE = /does not accept value 'fuse'|Invalid parameter 'fuse'/;
/** A daemon that knows FUSE looks for the node first, and there is none. */
const PROBE = ['--export', 'type=fuse,id=probe,node-name=none,mountpoint=/'];

/** Undefined when a guest's memory can be a file here; else what is missing, in a line. */
export async function checkFuse(binary = 'qemu-storage-daemon'): Promise<string | undefined> {
  try {
    await access('/dev/fuse', constants.R_OK | constants.W_OK);
  } catch (error) {
    return `/dev/fuse cannot be opened (${problemOf(error)})`;
  }
  const { words, isMissing } = await probe(binary);
  if (isMissing) return `${binary} cannot be run (${words})`;
  return isWithoutFuse(words) ? `this ${binary} was built without FUSE` : undefined;
}

/** Whether that is what a daemon without FUSE says. */
export function isWithoutFuse(words: string): boolean {
  return WITHOUT_FUSE.test(words);
}

function probe(binary: string): Promise<{ words: string; isMissing: boolean }> {
  return new Promise((resolve) => {
    execFile(binary, PROBE, { timeout: QEMU_BOUNDS.commandMs }, (error, _, stderr) => {
      const isMissing = error !== null && typeof error.code === 'string';
      resolve({ words: isMissing ? problemOf(error) : stderr, isMissing });
    });
  });
}
