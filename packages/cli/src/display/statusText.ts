import type { ImageView, MigrationView } from '@godwit/agent';
import { formatBytes, formatBytesPerSec, formatDuration, formatMbps, formatPercent } from './quantities.js';
import { renderRounds } from './roundTable.js';
import {
  bytesInWords,
  downtimeInWords,
  elapsedMs,
  errorLines,
  LABEL_COLUMNS,
  scrubInWords,
  verifiedInWords,
} from './summary.js';
import { type Column, renderTable } from './table.js';
import { oneLine, wrap } from './text.js';
import { adviceInWords, ownerInWords, stateInWords } from './words.js';

/** `godwit status ID`: one migration in plain words. `nowMs` is the time of day, for how long it has run. */
export function renderStatus(view: MigrationView, width: number, nowMs: number): string[] {
  const { progress } = view;
  const running = view.endedAt === undefined;
  const expected = progress.expectedDowntimeMs === null ? 'not known yet' : formatDuration(progress.expectedDowntimeMs);
  const took = elapsedMs(view, nowMs);
  const advice = adviceInWords(view);
  const lines = [
    `migration ${view.id}`,
    `images    ${view.images.join(', ')}`,
    `state     ${view.state}: ${stateInWords(view)}`,
    `owner     ${ownerInWords(view)}`,
    ...(advice === undefined ? [] : [`to do     ${advice}`]),
    ...errorLines(view),
    `seen by   the ${view.role}`,
    `mode      ${view.mode}`,
    `started   ${view.startedAt}${took === undefined ? '' : `, ${running ? 'running for' : 'took'} ${formatDuration(took)}`}`,
    `progress  ${progressInWords(view)}`,
    `bytes     ${bytesInWords(view)}`,
  ];
  if (running) lines.push(`downtime  expected ${expected}`);
  else if (view.downtime !== undefined) lines.push(`downtime  ${downtimeInWords(view.downtime)}`);
  lines.push(`verified  ${verifiedInWords(view)}`);
  const scrub = scrubInWords(view);
  if (scrub !== '') lines.push(`scrub     ${scrub}`);
  const table = renderRounds(view.rounds, width);
  const text = lines.flatMap((line) => wrap(line, width, LABEL_COLUMNS));
  return table.length === 0 ? text : [...text, '', ...table];
}

function progressInWords(view: MigrationView): string {
  const { progress } = view;
  const moved = `${formatPercent(progress.percent)}, ${formatBytes(progress.transferred)} of ${formatBytes(progress.total)}`;
  if (view.endedAt !== undefined) return moved;
  const eta = progress.etaMs === null ? '' : `, ETA ${formatDuration(progress.etaMs)}`;
  const dirty = `workload writes ${formatBytesPerSec(progress.dirtyBytesPerSec)}`;
  return `${oneLine(progress.phase)}: ${moved}, ${formatMbps(progress.mbps)}${eta}, ${dirty}`;
}

const MIGRATION_COLUMNS: readonly Column<MigrationView>[] = [
  { head: 'ID', align: 'left', dropOrder: 0, cell: (view) => view.id },
  { head: 'STATE', align: 'left', dropOrder: 0, cell: (view) => view.state },
  { head: 'DONE', align: 'right', dropOrder: 1, cell: (view) => formatPercent(view.progress.percent) },
  { head: 'IMAGES', align: 'left', dropOrder: 2, cell: (view) => view.images.join(',') },
  { head: 'OWNER', align: 'left', dropOrder: 3, cell: ownerColumn },
  { head: 'ROUNDS', align: 'right', dropOrder: 5, cell: (view) => String(view.rounds.length) },
  { head: 'STARTED', align: 'left', dropOrder: 4, cell: (view) => view.startedAt.replace(/\.\d+Z$/, 'Z') },
];

function ownerColumn(view: MigrationView): string {
  if (view.state === 'outcome-unknown') return 'unknown';
  return view.state === 'completed' ? 'destination' : 'source';
}

/** `godwit status`: all migrations, as the agent lists them. */
export function renderMigrations(views: readonly MigrationView[], width: number): string[] {
  return views.length === 0 ? ['no migrations'] : renderTable(MIGRATION_COLUMNS, views, width);
}

const IMAGE_COLUMNS: readonly Column<ImageView>[] = [
  { head: 'NAME', align: 'left', dropOrder: 0, cell: (image) => image.name },
  { head: 'KIND', align: 'left', dropOrder: 4, cell: (image) => image.kind },
  { head: 'SIZE', align: 'right', dropOrder: 0, cell: (image) => formatBytes(image.size) },
  { head: 'ON DISK', align: 'right', dropOrder: 3, cell: (image) => formatBytes(image.allocatedBytes) },
  { head: 'BLOCK', align: 'right', dropOrder: 6, cell: (image) => formatBytes(image.blockSize) },
  { head: 'DIRTY', align: 'right', dropOrder: 5, cell: (image) => formatBytes(image.dirtyBlocks * image.blockSize) },
  {
    head: 'OWNER',
    align: 'left',
    dropOrder: 1,
    cell: (image) => `${oneLine(image.owner.role)} (${image.owner.epoch})`,
  },
  { head: 'WHERE', align: 'left', dropOrder: 2, cell: (image) => oneLine(image.location ?? image.migration ?? '') },
];

/** `godwit images`: the images of an agent; OWNER is this agent's role with the epoch. */
export function renderImages(images: readonly ImageView[], width: number): string[] {
  return images.length === 0 ? ['no images'] : renderTable(IMAGE_COLUMNS, images, width);
}
