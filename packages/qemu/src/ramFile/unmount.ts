import { execFile } from 'node:child_process';
import { QEMU_BOUNDS } from '../bounds.js';
import { until } from '../process/until.js';
import { isMounted } from './mountTable.js';

/** Detached from the tree whoever still has it open; whether it is gone. Its server has ended, so nothing here waits for it. */
export async function unmount(path: string): Promise<boolean> {
  if (!(await isMounted(path))) return true;
  const [program, args] =
    process.getuid?.() === 0 ? ['umount', ['--lazy', '--no-canonicalize', path]] : ['fusermount3', ['-u', '-z', path]];
  await new Promise<void>((resolve) => {
    // Whether it worked is what the table says.
    execFile(program, args, { timeout: QEMU_BOUNDS.commandMs }, () => resolve());
  });
  return (await until(QEMU_BOUNDS.endMs, async () => ((await isMounted(path)) ? undefined : true))) === true;
}
