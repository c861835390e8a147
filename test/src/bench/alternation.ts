/** Contenders in alternation, so that whatever else the machine does hits all of them. */
import { problemOf } from '../../../packages/errors/dist/index.js';
import { type Contender, GuestLost, type Line, Refusal, type Run } from './measured.js';
import { median } from './statistics.js';

interface Standing {
  readonly contender: Contender;
  readonly runs: Run[];
  failed: number;
  failedInARow: number;
  lost: number;
  lossReason: string;
  reason: string | undefined;
}

/** Of what the daemons printed. */
const SHOWN_LINES = 12;

/** A second failure in a row is no accident. */
const PATIENCE_FAILURES = 2;

/** Of one turn. On a busy machine six guests of seven were lost in a row: who loses as many has a run in nineteen turns of twenty. */
const TRIES_OF_A_TURN = 20;

/**
 * `rounds` runs of each, the order turned by one each round. One that fails twice in a row takes part no more. One that loses its guest
 * has the same turn again, so that runs of one round stay neighbours; that is counted and said.
 */
export async function alternate(
  contenders: readonly Contender[],
  rounds: number,
  say: (line: string) => void,
): Promise<Line[]> {
  const standings = contenders
    .filter(({ lacks }) => lacks === undefined)
    .map(
      (contender): Standing => ({
        contender,
        runs: [],
        failed: 0,
        failedInARow: 0,
        lost: 0,
        lossReason: '',
        reason: undefined,
      }),
    );
  for (const { name, lacks } of contenders) if (lacks !== undefined) say(`  ${name} is left out: ${lacks}`);
  for (let round = 0; round < rounds; round++) {
    const turn = round % Math.max(1, standings.length);
    for (const standing of [...standings.slice(turn), ...standings.slice(0, turn)]) await runOnce(standing, say);
  }
  const lines: Line[] = [];
  for (const { name, lacks } of contenders) {
    const standing = standings.find(({ contender }) => contender.name === name);
    lines.push(standing === undefined ? { name, runs: [], leftOut: lacks ?? 'not run' } : await lineOf(standing));
  }
  return lines;
}

async function lineOf({ contender, runs, failed, lost, lossReason, reason }: Standing): Promise<Line> {
  const { wireBytes, wireUncounted } = runs.length > 0 ? await wireOf(contender) : {};
  return {
    name: contender.name,
    runs: wireBytes === undefined ? runs : runs.map((run) => ({ ...run, wireBytes })),
    ...(lost === 0 ? {} : { lost: { guests: lost, reason: lossReason } }),
    ...(wireUncounted === undefined ? {} : { wireUncounted }),
    ...(reason === undefined
      ? {}
      : { leftOut: failed > 0 ? `${failed} of its runs failed, the last one: ${reason}` : reason }),
  };
}

/** What was measured is not to be lost with a count that fails. */
async function wireOf(contender: Contender): Promise<{ wireBytes?: number; wireUncounted?: string }> {
  if (contender.countWire === undefined) return {};
  try {
    return { wireBytes: await contender.countWire() };
  } catch (error) {
    return { wireUncounted: problemOf(error).split('\n')[0] ?? '' };
  }
}

async function runOnce(standing: Standing, say: (line: string) => void): Promise<void> {
  if (standing.failedInARow >= PATIENCE_FAILURES) return;
  const { name } = standing.contender;
  try {
    const run = await untilNoGuestIsLost(standing, say);
    standing.runs.push(run);
    standing.failedInARow = 0;
    say(`  ${name}: ${run.seconds.toFixed(2)} s`);
  } catch (error) {
    standing.failed += error instanceof Refusal ? 0 : 1;
    // What is refused once is refused always, and who lost so many guests will lose more.
    standing.failedInARow += error instanceof Refusal || error instanceof GuestLost ? PATIENCE_FAILURES : 1;
    standing.reason = complain(name, error, say);
  }
}

async function untilNoGuestIsLost(standing: Standing, say: (line: string) => void): Promise<Run> {
  const { name } = standing.contender;
  for (let tries = 1; ; tries++) {
    try {
      return await standing.contender.run();
    } catch (error) {
      if (!(error instanceof GuestLost)) throw error;
      standing.lost++;
      standing.lossReason = complain(`${name}: GUEST LOST`, error, say);
      if (tries === TRIES_OF_A_TURN) throw error;
    }
  }
}

/** Says the first line, shows what follows, and answers the first. */
function complain(who: string, error: unknown, say: (line: string) => void): string {
  const [reason = '', ...more] = problemOf(error).split('\n');
  say(`  ${who}: ${reason}`);
  if (more.length > 0) process.stderr.write(`${more.slice(-SHOWN_LINES).join('\n')}\n`);
  return reason;
}

/**
 * Ratios of runs that were neighbours, lowest to highest: what the machine did to both drops out, which the ratio of
 * two medians does not see.
 */
export function pairedRatios(line: Line, base: Line, value: (run: Run) => number): number[] {
  const ratios = line.runs.flatMap((run, index) => {
    const other = base.runs[index];
    return other === undefined ? [] : [value(run) / value(other)];
  });
  return ratios.sort((left, right) => left - right);
}

/** `median (lowest to highest)`, or a dash for nothing. */
export function spreadOf(values: readonly number[], digits = 0): string {
  const known = values.filter((value) => Number.isFinite(value));
  if (known.length === 0) return '-';
  const text = (value: number): string => value.toFixed(digits);
  return `${text(median(known))} (${text(Math.min(...known))} to ${text(Math.max(...known))})`;
}
