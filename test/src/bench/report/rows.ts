import { pairedRatios, spreadOf } from '../alternation.js';
import { GODWIT_NAME } from '../contenders/godwit.js';
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
  const out = lines.flatMap((line) => {
    const { name, lost, leftOut, wireUncounted } = line;
    return [
      ...(lost === undefined ? [] : [`${name}: GUESTS LOST: ${guestsLostOf(line)}, the last one: ${lost.reason}`]),
      ...(leftOut === undefined ? [] : [`${name}: ${leftOut}`]),
      ...(wireUncounted === undefined ? [] : [`${name}: its wire was not counted: ${wireUncounted}`]),
    ];
  });
  return [...out, ...notes];
}

/** `1 of 4`: of all moves that came to an end, good or bad. */
export function guestsLostOf({ runs, lost }: Line): string {
  const guests = lost?.guests ?? 0;
  return `${guests} of ${runs.length + guests}`;
}

/** Of ours, why the bench has failed. It may refuse what this version does not know, or lack a program; a run that failed is a failure. */
export function failuresOf({ id, place, lines }: CaseResult): string[] {
  const ours = lines.filter(({ name }) => name.startsWith(GODWIT_NAME));
  return ours.flatMap((line) => {
    const { name, lost, leftOut } = line;
    return [
      ...(lost === undefined ? [] : [`${id}, ${place}, ${name}: guests lost: ${guestsLostOf(line)}: ${lost.reason}`]),
      ...(leftOut?.includes(' of its runs failed') === true ? [`${id}, ${place}, ${name}: ${leftOut}`] : []),
    ];
  });
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
  const worstOf = (end: keyof Ends): string => {
    const value = Math.max(...ends.map((both) => both[end]));
    return Number.isNaN(value) ? '-' : value.toFixed(digits);
  };
  return `${worstOf('source')} / ${worstOf('destination')}`;
}
