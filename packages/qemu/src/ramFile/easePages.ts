import { writeFile } from 'node:fs/promises';
import { QEMU_BOUNDS } from '../bounds.js';
import { mounts } from './mountTable.js';

/**
 * Linux lets a file system by FUSE have few dirty pages and makes who writes more wait: a guest that rewrites its memory at
 * full speed ran at 1/12 to 1/50 of it, with nobody migrating (bench/vm/README.md). And it reads 128 KiB ahead, where a guest
 * that goes on with a cold memory waits for each piece: with 1 MiB it stood for a third less (bench/README.md).
 */
const SETTINGS = {
  strict_limit: '0',
  max_ratio: '100',
  read_ahead_kb: String(QEMU_BOUNDS.readAheadBytes / 1024),
};

/**
 * Lets the file at a mount point have dirty pages as any other file, and be read in larger pieces. Before it is opened: whoever opens it
 * keeps what held then. Only root may; for others the guest is slower.
 */
export async function easePages(mountPoint: string): Promise<void> {
  const device = (await mounts()).findLast(({ point }) => point === mountPoint)?.device;
  if (device === undefined) return;
  for (const [name, value] of Object.entries(SETTINGS)) {
    // A kernel without the setting (strict_limit is of 6.2) has no such file.
    await writeFile(`/sys/class/bdi/${device}/${name}`, value).catch(() => undefined);
  }
}
