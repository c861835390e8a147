import { accessSync, constants, existsSync } from 'node:fs';
import { missingForGuest, missingTools } from '@godwit/guest';

/** Lets who is not root mount a guest's memory. */
const FOR_OTHERS_THAN_ROOT: readonly (readonly [string, string])[] = [['fusermount3', 'fuse3']];

/** What is asked of the machine; a test asks of another one. */
export interface Surroundings {
  readonly platform: string;
  readonly arch: string;
  readonly isRoot: boolean;
  /** Folders of programs, as in PATH. */
  readonly path: string;
  readonly fuse: string;
}

function here(): Surroundings {
  const { platform, arch, env } = process;
  return { platform, arch, isRoot: process.getuid?.() === 0, path: env['PATH'] ?? '', fuse: '/dev/fuse' };
}

/** What is missing here for the demonstration, in one line; undefined when nothing is. */
export function lackInWords({ platform, arch, isRoot, path, fuse }: Surroundings = here()): string | undefined {
  if (platform !== 'linux' || arch !== 'x64') return 'its guest is made and run on Linux on x86-64 alone';
  const tools = isRoot ? [] : FOR_OTHERS_THAN_ROOT;
  const packages = [...new Set([...missingForGuest(path), ...missingTools(tools, path)])].sort();
  const problem = fuseProblem(fuse);
  const parts = [
    ...(packages.length === 0 ? [] : [`Debian packages are missing: apt-get install ${packages.join(' ')}`]),
    ...(problem === undefined ? [] : [problem]),
  ];
  return parts.length === 0 ? undefined : parts.join('; ');
}

function fuseProblem(path: string): string | undefined {
  if (!existsSync(path)) return `there is no ${path}: modprobe fuse, or let the container have it`;
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    return undefined;
  } catch {
    return `${path} may not be opened`;
  }
}
