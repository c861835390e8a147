import type { MigrationView } from '@godwit/agent';
import type { Paint } from './paint.js';
import { formatBytes, formatBytesPerSec, formatDuration, formatMbps, formatPercent } from './quantities.js';
import { renderRounds } from './roundTable.js';
import { scrubInWords } from './summary.js';
import { fit, joinFitting, oneLine } from './text.js';
import { namesInWords } from './words.js';

/** The room that the display may take. */
export interface Room {
  readonly columns: number;
  readonly rows: number;
}

const BAR_COLUMNS_MAXIMUM = 40;
/** Four lines above, a blank one, the table's head, its "before" line, the note, and the cursor's line. */
const OTHER_ROWS = 9;

/** What is on the screen while a migration runs; every line fits `room.columns`. */
export function renderLive(view: MigrationView, room: Room, paint: Paint, note = ''): string[] {
  const { progress } = view;
  const title = fit(
    `${namesInWords(view.images)}  ${view.state}  ${oneLine(progress.phase)}  ${view.id}`,
    room.columns,
  );
  const percent = formatPercent(progress.percent);
  const ended = view.endedAt !== undefined;
  const eta = progress.etaMs === null ? '  ETA ?' : `  ETA ${formatDuration(progress.etaMs)}`;
  const expected = progress.expectedDowntimeMs === null ? '?' : formatDuration(progress.expectedDowntimeMs);
  const moved = `${formatBytes(progress.transferred)} of ${formatBytes(progress.total)}`;
  const lines = [
    paint.bold(title),
    barLine(progress.percent, `${percent}  ${formatMbps(progress.mbps)}${ended ? '' : eta}`, room.columns, paint),
    joinFitting(
      [moved, `wire ${formatBytes(progress.wireBytes)}`, `left ${formatBytes(progress.remaining)}`],
      room.columns,
    ),
    joinFitting(
      [
        `expected downtime ${expected}`,
        `dirty ${formatBytesPerSec(progress.dirtyBytesPerSec)}`,
        scrubPart(scrubInWords(view)),
        resentPart(progress.resent),
      ],
      room.columns,
    ),
  ];
  const table = renderRounds(view.rounds, room.columns, Math.max(1, room.rows - OTHER_ROWS));
  if (table.length > 0) lines.push('', paint.dim(table[0] ?? ''), ...table.slice(1));
  if (note !== '') lines.push(paint.bold(fit(oneLine(note), room.columns)));
  return lines;
}

function scrubPart(scrub: string): string {
  return scrub === '' ? '' : `scrub ${scrub}`;
}

function resentPart(bytes: number): string {
  return bytes === 0 ? '' : `sent again ${formatBytes(bytes)}`;
}

/** The bar takes what the text leaves; on a narrow terminal the text goes first to lose its end. */
function barLine(percent: number, text: string, columns: number, paint: Paint): string {
  const room = columns - text.length - 4;
  if (room < 8) return fit(text, columns);
  const width = Math.min(BAR_COLUMNS_MAXIMUM, room);
  const filled = Math.floor((Math.min(100, Math.max(0, percent)) / 100) * width);
  const head = filled < width ? '>' : '';
  const empty = width - filled - head.length;
  return `[${paint.green('='.repeat(filled) + head)}${' '.repeat(Math.max(0, empty))}]  ${text}`;
}
