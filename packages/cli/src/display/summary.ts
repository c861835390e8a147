import type { Downtime, MigrationView, Verified } from '@godwit/agent';
import { formatBytes, formatBytesPerSec, formatDuration, formatPercent } from './quantities.js';
import { oneLine, wrap } from './text.js';
import { counted, namesInWords, ownerInWords } from './words.js';

/** Labels stand in the first ten columns, and what does not fit goes on below them. */
export const LABEL_COLUMNS = 10;

/** What is said at the end of a migration: verdict, time, bytes, downtime with its parts, verification. */
export function renderSummary(view: MigrationView, width = Number.POSITIVE_INFINITY): string[] {
  const lines = [`verdict   ${verdict(view)}`, ...errorLines(view)];
  const tookMs = elapsedMs(view);
  if (tookMs !== undefined) lines.push(`time      ${formatDuration(tookMs)}, ${counted(view.rounds.length, 'round')}`);
  lines.push(`bytes     ${bytesInWords(view)}`);
  if (view.downtime !== undefined) lines.push(`downtime  ${downtimeInWords(view.downtime)}`);
  lines.push(`verified  ${verifiedInWords(view)}`);
  return lines.flatMap((line) => wrap(line, width, LABEL_COLUMNS));
}

/** One sentence: how it ended and who owns. */
export function verdict(view: MigrationView): string {
  return `${namesInWords(view.images)}: ${view.state}; ${ownerInWords(view)}`;
}

/** The reason that a migration gives, as `reason    CODE message`. */
export function errorLines(view: MigrationView): string[] {
  if (view.error === undefined) return [];
  const detail = view.error.detail === undefined ? '' : ` (${oneLine(view.error.detail)})`;
  return [`reason    ${oneLine(view.error.code)} ${oneLine(view.error.message)}${detail}`];
}

/** From start to end, or undefined while it runs or when the clocks make no sense. */
export function elapsedMs(view: MigrationView, nowMs?: number): number | undefined {
  const endMs = view.endedAt === undefined ? nowMs : Date.parse(view.endedAt);
  const elapsed = (endMs ?? Number.NaN) - Date.parse(view.startedAt);
  return elapsed >= 0 ? elapsed : undefined;
}

/** `1.0 GiB moved as 430 MiB on the wire (42.0%), ...` */
export function bytesInWords(view: MigrationView): string {
  const { normal, duplicate, wireBytes, resent } = view.progress;
  const share = normal === 0 ? '' : ` (${formatPercentAny((wireBytes / normal) * 100)})`;
  const zeros = duplicate === 0 ? '' : `, ${formatBytes(duplicate)} of zeros as ranges`;
  const again = resent === 0 ? '' : `, ${formatBytes(resent)} sent again`;
  return `${formatBytes(normal)} moved as ${formatBytes(wireBytes)} on the wire${share}${zeros}${again}`;
}

/** `43ms = drain 1ms + final round 20ms + ...`, and the freeze, which comes before the gate closes and is none of it. */
export function downtimeInWords(downtime: Downtime): string {
  const parts: [string, number][] = [
    ['drain', downtime.drainMs],
    ['final round', downtime.finalRoundMs],
    ['verify', downtime.verifyMs],
    ['persist', downtime.persistMs],
    ['takeover', downtime.takeoverMs],
  ];
  const { totalMs, onFreezeMs = 0 } = downtime;
  const before = onFreezeMs === 0 ? '' : `, after ${formatDuration(onFreezeMs)} of on-freeze`;
  return `${formatDuration(totalMs)} = ${parts.map(([name, ms]) => `${name} ${formatDuration(ms)}`).join(' + ')}${before}`;
}

/** What was proven; `wire` never sounds like more than it is. */
export function verifiedInWords(view: MigrationView): string {
  const { verified } = view;
  const done = view.state === 'completed';
  if (verified === undefined || (verified.blocks === 0 && !done)) return `nothing yet (${view.verify} was asked for)`;
  const counts = `${counted(verified.blocks, 'block')} (${formatBytes(verified.bytes)})`;
  if (verified.mode === 'wire')
    return `wire only: each extent's hash was checked on arrival, ${counts}; the files were not read back`;
  return `full${done ? '' : ', so far'}: ${counts} read back and equal on both sides; ${differences(verified)}`;
}

/** `45.0% of 1.0 GiB, 120 MiB/s` while blocks are read back; empty otherwise. */
export function scrubInWords({ progress, endedAt }: MigrationView): string {
  const { scrub } = progress;
  if (scrub === undefined || endedAt !== undefined || scrub.checkedBytes >= scrub.totalBytes) return '';
  const percent = formatPercent((scrub.checkedBytes / scrub.totalBytes) * 100);
  return `${percent} of ${formatBytes(scrub.totalBytes)}, ${formatBytesPerSec(scrub.bytesPerSec)}`;
}

function differences(verified: Verified): string {
  const mismatches =
    verified.mismatches === 0 ? 'no differences' : `${counted(verified.mismatches, 'difference')} found and sent again`;
  return verified.reRead === 0 ? mismatches : `${mismatches}, ${verified.reRead} read again after writes`;
}

/** A share of the raw bytes can be above 100: incompressible data has headers too. */
function formatPercentAny(percent: number): string {
  return percent > 100 ? `${percent.toFixed(1)}%` : formatPercent(percent);
}
