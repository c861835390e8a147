import { writeFile } from 'node:fs/promises';
import { QEMU_BOUNDS } from '../bounds.js';
import { mounts } from './mountTable.js';

/**
 * Has the kernel read more of the mounted file at once than its 128 KiB. A guest that goes on where its memory is not cached yet waits for each
 * piece, and the way to its bytes leads through three programs. To be called before the file is opened: whoever opens it keeps what
 * held then. It takes a right that an agent may lack, and then it stays as it is.
 */
export async function readFurtherAhead(path: string): Promise<void> {
  const device = (await mounts()).findLast(({ point }) => point === path)?.device;
  if (device === undefined) return;
  const setting = `/sys/class/bdi/${device}/read_ahead_kb`;
  await writeFile(setting, String(QEMU_BOUNDS.readAheadBytes / 1024)).catch(() => undefined);
}
