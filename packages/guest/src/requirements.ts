import { accessSync, constants, existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What the guest is made, run and judged with, and the Debian package that has it. */
const TOOLS: readonly (readonly [string, string])[] = [
  ['qemu-system-x86_64', 'qemu-system-x86'],
  ['gcc', 'gcc'],
  ['apt-get', 'apt'],
  ['apt-cache', 'apt'],
  ['dpkg-deb', 'dpkg'],
  ['mkfs.ext4', 'e2fsprogs'],
  ['e2fsck', 'e2fsprogs'],
  ['debugfs', 'e2fsprogs'],
];
/** The program is linked statically, with a C library that gcc does not bring. */
const C_LIBRARY = { file: '/usr/include/stdlib.h', package: 'libc6-dev' };

/** Debian packages without which a guest cannot be built, run and judged here. */
export function missingForGuest(path?: string): string[] {
  const missing = missingTools(TOOLS, path);
  return existsSync(C_LIBRARY.file) ? missing : [...missing, C_LIBRARY.package].sort();
}

/** Of programs and the packages that have them, the packages of those that cannot be run, each once. */
export function missingTools(
  tools: readonly (readonly [string, string])[],
  path: string = process.env['PATH'] ?? '',
): string[] {
  return [...new Set(tools.filter(([tool]) => !isOnPath(tool, path)).map(([, name]) => name))].sort();
}

function isOnPath(tool: string, path: string): boolean {
  return path.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, tool), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
