import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * Ends what outlives the agents of a demonstration on purpose: QEMU, and the programs that make its memory a file. Each has a path
 * below the folder, which is this demonstration's alone, as its working directory. (A command line is read out of a process's memory, and
 * that may be what nobody brings any more.) Unmounts what is mounted there. Waits for nothing, so
 * that it can be called when the process leaves.
 */
export function endLeftovers(folder: string): void {
  for (const pid of processesWithin(folder)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
  for (const mountPoint of mountsWithin(folder)) unmount(mountPoint);
}

function processesWithin(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => `${workingFolderOf(name)}/`.startsWith(`${folder}/`))
    .map(Number);
}

function workingFolderOf(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    // It has ended meanwhile, or is another user's.
    return '';
  }
}

function mountsWithin(folder: string): string[] {
  return textOf('/proc/self/mounts')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((mountPoint) => mountPoint.startsWith(`${folder}/`));
}

/** Lazily, as its server is gone. */
function unmount(mountPoint: string): void {
  const { status } = spawnSync('fusermount3', ['-u', '-z', mountPoint], { stdio: 'ignore' });
  if (status !== 0) spawnSync('umount', ['-l', mountPoint], { stdio: 'ignore' });
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // There is no such table.
    return '';
  }
}
