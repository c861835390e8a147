import { readFile } from 'node:fs/promises';

const MOUNT_POINT = 4;

/**
 * Whether something is mounted at the path. It asks the kernel's table and not the file: a file whose server is away answers nobody,
 * and whoever asks waits with it.
 */
export async function isMounted(path: string): Promise<boolean> {
  return mountPoints(await readFile('/proc/self/mountinfo', 'utf8')).includes(path);
}

/** Of /proc/PID/mountinfo (proc(5)): spaces and the like are written as octal numbers. */
export function mountPoints(table: string): string[] {
  return table.split('\n').flatMap((line) => {
    const point = line.split(' ')[MOUNT_POINT];
    return point === undefined
      ? []
      : [point.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))];
  });
}
