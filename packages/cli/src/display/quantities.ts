/**
 * Quantities for people. The agent package has the same functions, but it brings fastify with it, which
 * takes longer to load than `godwit status` takes to run; quantities.test.ts holds the two together.
 */

const KIBI = 1024;
const KILO = 1000;
const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** `1.5 GiB`, rounded. */
export function formatBytes(bytes: number): string {
  return scaled(bytes, KIBI, ['B', 'KiB', 'MiB', 'GiB', 'TiB']);
}

/** A rate on the wire, in bits: `1.5 Gbit/s`. */
export function formatMbps(mbps: number): string {
  return scaled(mbps * KILO ** 2, KILO, ['bit/s', 'Kbit/s', 'Mbit/s', 'Gbit/s']);
}

/** A rate of writing, in bytes: `12 MiB/s`. */
export function formatBytesPerSec(bytesPerSec: number): string {
  return `${formatBytes(bytesPerSec)}/s`;
}

/** `43ms`, `1.5s`, `2m 05s`, `1h 02m`, rounded to what is worth reading. */
export function formatDuration(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  if (whole < SECOND_MS) return `${whole}ms`;
  if (whole < MINUTE_MS - 50) return `${(whole / SECOND_MS).toFixed(1)}s`;
  if (whole < HOUR_MS - SECOND_MS / 2) return pair(Math.round(whole / SECOND_MS), 'm', 's');
  return pair(Math.round(whole / MINUTE_MS), 'h', 'm');
}

/** `42.3%`; never `100.0%` for less than all. */
export function formatPercent(percent: number): string {
  const bounded = Math.min(100, Math.max(0, percent));
  return `${bounded < 100 ? Math.min(99.9, bounded).toFixed(1) : '100'}%`;
}

function scaled(value: number, step: number, units: readonly string[]): string {
  let rest = Math.max(0, Math.round(value));
  let index = 0;
  while (rest >= step && index < units.length - 1) {
    rest /= step;
    index += 1;
  }
  const digits = rest >= 100 || Number.isInteger(rest) ? 0 : 1;
  return `${rest.toFixed(digits)} ${units[index] ?? ''}`;
}

function pair(total: number, large: string, small: string): string {
  return `${Math.floor(total / 60)}${large} ${String(total % 60).padStart(2, '0')}${small}`;
}
