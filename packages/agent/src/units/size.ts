import { formatQuantity, parseQuantity } from './quantity.js';

const KIB = 1024;
const SIZE = {
  units: { '': 1, B: 1, K: KIB, M: KIB ** 2, G: KIB ** 3, T: KIB ** 4 },
  expected: 'a size such as 4096, 64K, 16M, 1G or 2T',
};
const SHOWN = [
  [' TiB', KIB ** 4],
  [' GiB', KIB ** 3],
  [' MiB', KIB ** 2],
  [' KiB', KIB],
  [' B', 1],
] as const;
const WRITTEN = [
  ['T', KIB ** 4],
  ['G', KIB ** 3],
  ['M', KIB ** 2],
  ['K', KIB],
  ['', 1],
] as const;

/**
 * Bytes of `4096`, `64K`, `1G`; K M G T are binary.
 *
 * @throws GodwitError E_BAD_VALUE naming `name`
 */
export function parseSize(text: string, name = 'size'): number {
  return parseQuantity(text, name, SIZE);
}

/** For people: `1.5 GiB`, rounded. */
export function formatBytes(bytes: number): string {
  return formatQuantity(Math.max(0, Math.round(bytes)), SHOWN, false);
}

/** For `parseSize` to read back: `64K`, never rounded. */
export function formatSize(bytes: number): string {
  return formatQuantity(bytes, WRITTEN, true);
}
