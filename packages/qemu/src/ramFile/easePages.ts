import { readFile, writeFile } from 'node:fs/promises';

/**
 * Linux lets a file system by FUSE have few dirty pages and makes who writes more wait: a guest that rewrites its memory at
 * full speed ran at 1/12 to 1/50 of it, with nobody migrating (bench/vm/README.md). And it reads 128 KiB ahead: with 1 MiB a
 * memory was read through in 0.7 s instead of 1.6.
 */
const SETTINGS = { strict_limit: '0', max_ratio: '100', read_ahead_kb: '1024' };

/** Lets the file at a mount point have dirty pages as any other file. Only root may; for others the guest is slower. */
export async function easePages(mountPoint: string): Promise<void> {
  const device = deviceOf(await readFile('/proc/self/mountinfo', 'utf8'), mountPoint);
  if (device === undefined) return;
  for (const [name, value] of Object.entries(SETTINGS)) {
    // A kernel without the setting (strict_limit is of 6.2) has no such file.
    await writeFile(`/sys/class/bdi/${device}/${name}`, value).catch(() => undefined);
  }
}

/** MAJOR:MINOR of what is mounted there (proc(5), mountinfo). */
function deviceOf(table: string, mountPoint: string): string | undefined {
  const lines = table.split('\n').map((line) => line.split(' '));
  return lines.find(([, , , , point]) => point === mountPoint)?.[2];
}
