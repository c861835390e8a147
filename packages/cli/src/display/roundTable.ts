import type { RoundRecord } from '@godwit/agent';
import { formatBytes, formatDuration, formatMbps } from './quantities.js';
import { type Column, renderTable } from './table.js';

const COLUMNS: readonly Column<RoundRecord>[] = [
  { head: 'round', align: 'right', dropOrder: 0, cell: (round) => String(round.round) },
  { head: 'blocks', align: 'right', dropOrder: 5, cell: (round) => String(round.blocks) },
  { head: 'bytes', align: 'right', dropOrder: 0, cell: (round) => formatBytes(round.bytes) },
  { head: 'zeros', align: 'right', dropOrder: 4, cell: (round) => formatBytes(round.zeroBytes) },
  { head: 'wire', align: 'right', dropOrder: 3, cell: (round) => formatBytes(round.wireBytes) },
  { head: 'time', align: 'right', dropOrder: 0, cell: (round) => formatDuration(round.durationMs) },
  { head: 'rate', align: 'right', dropOrder: 2, cell: (round) => formatMbps(round.mbps) },
  { head: 'dirtied', align: 'right', dropOrder: 1, cell: (round) => formatBytes(round.dirtiedBytes) },
];

/**
 * The rounds as a table of at most `rowsMaximum` rounds, the newest ones; a line above says how many
 * older ones are not shown. No lines before the first round has ended.
 */
export function renderRounds(
  rounds: readonly RoundRecord[],
  width: number,
  rowsMaximum = Number.POSITIVE_INFINITY,
): string[] {
  if (rounds.length === 0) return [];
  const shown = rounds.slice(-Math.max(1, Math.min(rowsMaximum, rounds.length)));
  const [head = '', ...rows] = renderTable(COLUMNS, shown, width);
  const hidden = rounds.length - shown.length;
  return hidden === 0 ? [head, ...rows] : [head, `  ... ${hidden} before`, ...rows];
}
