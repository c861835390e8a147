import type { QemuVersion } from '../qmp/qmpMessage.js';

/** `QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7)`; undefined when it is none. */
export function parseVersion(text: string): QemuVersion | undefined {
  const [, major, minor, micro, build = ''] = /version (\d+)\.(\d+)\.(\d+)(?: \(([^)]*)\))?/.exec(text) ?? [];
  if (major === undefined || minor === undefined || micro === undefined) return undefined;
  return { major: Number(major), minor: Number(minor), micro: Number(micro), package: build };
}

/** The first word of each line below the heading: of `-machine help` and `-accel help`. */
export function parseNames(text: string): string[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => /^([\w.-]+)(?:\s|$)/.exec(line)?.[1] ?? []);
}

/** Models of `-cpu help`: `x86 qemu64   (alias ...)`, or indented without the architecture; its lists of flags are left out. */
export function parseCpuModels(text: string): string[] {
  const [models = ''] = text.split(/^Recognized /m);
  return models.split('\n').flatMap((line) => /^(?:x86|\s+)\s*([\w.-]+)(?:\s|$)/.exec(line)?.[1] ?? []);
}
