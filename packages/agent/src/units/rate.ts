import { GodwitError } from '@godwit/errors';
import { formatQuantity, parseQuantity } from './quantity.js';

const BITS_PER_BYTE = 8;
const KILO = 1000;
const KIBI = 1024;
const RATE = {
  units: {
    bit: 1 / BITS_PER_BYTE,
    Kbit: KILO / BITS_PER_BYTE,
    Mbit: KILO ** 2 / BITS_PER_BYTE,
    Gbit: KILO ** 3 / BITS_PER_BYTE,
    'bit/s': 1 / BITS_PER_BYTE,
    'Kbit/s': KILO / BITS_PER_BYTE,
    'Mbit/s': KILO ** 2 / BITS_PER_BYTE,
    'Gbit/s': KILO ** 3 / BITS_PER_BYTE,
    'B/s': 1,
    'KB/s': KILO,
    'MB/s': KILO ** 2,
    'GB/s': KILO ** 3,
    'KiB/s': KIBI,
    'MiB/s': KIBI ** 2,
    'GiB/s': KIBI ** 3,
  },
  expected: 'a rate such as 1Gbit, 200Mbit, 100MB/s or 100MiB/s, or "off"',
};
const SHOWN = [
  [' Gbit/s', KILO ** 3],
  [' Mbit/s', KILO ** 2],
  [' Kbit/s', KILO],
  [' bit/s', 1],
] as const;

/**
 * Bytes a second of `1Gbit`, `200Mbit`, `100MB/s` (decimal), `100MiB/s` (binary); `off` is undefined, no
 * cap. A bare number is refused, because it could be bits or bytes; zero, because nothing would move.
 *
 * @throws GodwitError E_BAD_VALUE naming `name`
 */
export function parseRate(text: string, name = 'rate'): number | undefined {
  if (text.trim() === 'off') return undefined;
  const bytesPerSec = parseQuantity(text, name, RATE);
  if (bytesPerSec === 0) throw new GodwitError('E_BAD_VALUE', { name, value: text, expected: RATE.expected });
  return bytesPerSec;
}

/** For people, in bits: `1.5 Gbit/s`; undefined is `off`. */
export function formatRate(bytesPerSec: number | undefined): string {
  if (bytesPerSec === undefined) return 'off';
  return formatQuantity(Math.max(0, Math.round(bytesPerSec * BITS_PER_BYTE)), SHOWN, false);
}
