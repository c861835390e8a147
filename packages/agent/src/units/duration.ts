import { formatQuantity, parseQuantity } from './quantity.js';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DURATION = {
  units: { ms: 1, s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS },
  expected: 'a duration such as 50ms, 10s, 5m or 1h',
};
const WRITTEN = [
  ['h', HOUR_MS],
  ['m', MINUTE_MS],
  ['s', SECOND_MS],
  ['ms', 1],
] as const;

/**
 * Milliseconds of `50ms`, `10s`, `5m`, `1h`; the unit must be written.
 *
 * @throws GodwitError E_BAD_VALUE naming `name`
 */
export function parseDuration(text: string, name = 'duration'): number {
  return parseQuantity(text, name, DURATION);
}

/** For people: `43ms`, `1.5s`, `2m 05s`, `1h 02m`, rounded to what is worth reading. */
export function formatDuration(ms: number): string {
  const whole = Math.max(0, Math.round(ms));
  if (whole < SECOND_MS) return `${whole}ms`;
  if (whole < MINUTE_MS - 50) return `${(whole / SECOND_MS).toFixed(1)}s`;
  if (whole < HOUR_MS - SECOND_MS / 2) return pair(Math.round(whole / SECOND_MS), 'm', 's');
  return pair(Math.round(whole / MINUTE_MS), 'h', 'm');
}

/** For `parseDuration` to read back: `90s`, never rounded. */
export function writeDuration(ms: number): string {
  return formatQuantity(ms, WRITTEN, true);
}

const SIXTY = 60;

function pair(total: number, large: string, small: string): string {
  return `${Math.floor(total / SIXTY)}${large} ${String(total % SIXTY).padStart(2, '0')}${small}`;
}
