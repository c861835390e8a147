import { pairedRatios, spreadOf } from '../alternation.js';
import { type CaseResult, cpuSecondsPerGib, type Ends, type Line, megabytesPerSec, type Run } from '../measured.js';
import { median } from '../statistics.js';

/** A case as a table, first row its heads: for the terminal and for Markdown. */
export function rowsOf(result: CaseResult): string[][] {
  const { lines, base } = result;
  const baseLine = lines.find(({ name }) => name === base);
  const heads = [
    '',
    'MB/s',
    `ratio to ${base}`,
    'CPU s/GiB',
    'of it source + destination',
    'wire MiB',
    'RSS MiB',
    'loop p99 ms',
    'runs',
  ];
  return [heads, ...lines.map((line) => rowOf(line, baseLine))];
}

/** What stands below the tables. */
export function remarksOf({ notes, lines }: CaseResult): string[] {
  const out = lines.flatMap(({ name, leftOut }) => (leftOut === undefined ? [] : [`${name}: ${leftOut}`]));
  return [...out, ...notes];
}

function rowOf(line: Line, base: Line | undefined): string[] {
  const { name, runs } = line;
  if (runs.length === 0) return [name, ...Array.from({ length: 7 }, () => '-'), '0'];
  const ratios = base === undefined || base === line ? [] : pairedRatios(line, base, megabytesPerSec);
  return [
    name,
    spreadOf(runs.map(megabytesPerSec)),
    spreadOf(ratios, 2),
    spreadOf(
      runs.map((run) => cpuSecondsPerGib(run)),
      2,
    ),
    cpuOf(runs),
    wireOf(runs),
    bothEnds(runs, ({ peakMebibytes }) => peakMebibytes, 0),
    bothEnds(runs, ({ eventLoopP99Ms }) => eventLoopP99Ms, 1),
    String(runs.length),
  ];
}

function cpuOf(runs: readonly Run[]): string {
  const middle = (end: keyof Ends): number => median(runs.map((run) => cpuSecondsPerGib(run, end)));
  const [source, destination] = [middle('source'), middle('destination')];
  return Number.isNaN(source) ? '-' : `${source.toFixed(2)} + ${destination.toFixed(2)}`;
}

function wireOf(runs: readonly Run[]): string {
  const known = runs.flatMap(({ wireBytes }) => (wireBytes === undefined ? [] : [wireBytes]));
  return known.length === 0 ? '-' : (median(known) / 1024 ** 2).toFixed(0);
}

/** The worst run of each end. */
function bothEnds(runs: readonly Run[], value: (run: Run) => Ends | undefined, digits: number): string {
  const ends = runs.flatMap((run) => value(run) ?? []);
  if (ends.length === 0) return '-';
  const worstOf = (end: keyof Ends): string => Math.max(...ends.map((both) => both[end])).toFixed(digits);
  return `${worstOf('source')} / ${worstOf('destination')}`;
}
