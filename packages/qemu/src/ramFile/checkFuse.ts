import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { problemOf } from '@godwit/errors';
import { QEMU_BOUNDS } from '../bounds.js';

/** What mounts the file (packages/fuse). */
const MOUNT_PROGRAMS = process.getuid?.() === 0 ? ['mount', 'umount'] : ['fusermount3'];

/** Undefined when a guest's memory can be a file here; else what is missing, in a line. */
export async function checkFuse(programs: readonly string[] = MOUNT_PROGRAMS): Promise<string | undefined> {
  try {
    await access('/dev/fuse', constants.R_OK | constants.W_OK);
  } catch (error) {
    return `/dev/fuse cannot be opened (${problemOf(error)})`;
  }
  for (const program of programs) {
    const problem = await whyNotRun(program);
    if (problem !== undefined) return `${program} cannot be run (${problem})`;
  }
  return undefined;
}

function whyNotRun(program: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(program, ['--version'], { timeout: QEMU_BOUNDS.commandMs }, (error) => {
      resolve(error === null ? undefined : problemOf(error));
    });
  });
}
