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
export function missingForGuest(path: string = process.env['PATH'] ?? ''): string[] {
  const missing = TOOLS.filter(([tool]) => !isOnPath(tool, path)).map(([, name]) => name);
  if (!existsSync(C_LIBRARY.file)) missing.push(C_LIBRARY.package);
  return [...new Set(missing)].sort();
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
