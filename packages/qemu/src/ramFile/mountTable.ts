import { readFile } from 'node:fs/promises';

interface Mount {
  readonly point: string;
  /** MAJOR:MINOR of what is mounted. */
  readonly device: string;
  /** Of the file system, such as ext4 or fuse. */
  readonly type: string;
}

/**
 * Whether something is mounted at the path. It asks the kernel's table and not the file: a file whose server is away answers nobody,
 * and whoever asks waits with it.
 */
export async function isMounted(path: string): Promise<boolean> {
  return (await mounts()).some(({ point }) => point === path);
}

/** What is mounted where this process is. */
export async function mounts(): Promise<Mount[]> {
  return parseMounts(await readFile('/proc/self/mountinfo', 'utf8'));
}

/** Of /proc/PID/mountinfo (proc(5)): spaces and the like are written as octal numbers. */
export function parseMounts(table: string): Mount[] {
  return table.split('\n').flatMap((line) => {
    const [, device, point, type] = /^\S+ \S+ (\S+) \S+ (\S+) .* - (\S+) /.exec(line) ?? [];
    if (device === undefined || point === undefined || type === undefined) return [];
    return [{ point: unescaped(point), device, type }];
  });
}

function unescaped(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
