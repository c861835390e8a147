/**
 * Godwit beside its peers: `node bench/run.mjs`; bench/README.md says what is measured and how to read it.
 * Prints tables; leaves JSON, Markdown and a plot in bench/results. Exit code 1 when godwit failed in any run, or lost a guest.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseSize } from '../../../packages/agent/dist/index.js';
import { COPY_CASES } from './cases/copies.js';
import { LIVE_CASES } from './cases/live.js';
import { SCALING_CASES } from './cases/scaling.js';
import { VM_GUEST_CASES } from './cases/vmGuests.js';
import { VM_CASES } from './cases/vms.js';
import { WIRE_CASES } from './cases/wires.js';
import type { BenchCase, CaseResult, Place } from './measured.js';
import { placesOf } from './places.js';
import { describeMachine } from './report/machine.js';
import { markdownOf } from './report/markdown.js';
import { plotOf } from './report/plot.js';
import { failuresOf, remarksOf, rowsOf } from './report/rows.js';
import { table } from './statistics.js';

const CASES: readonly BenchCase[] = [
  ...COPY_CASES,
  ...LIVE_CASES,
  ...WIRE_CASES,
  ...SCALING_CASES,
  ...VM_CASES,
  ...VM_GUEST_CASES,
];
const RESULTS = fileURLToPath(new URL('../../../bench/results/', import.meta.url));
/** More than that before a run begins, and numbers are somebody else's. */
const BUSY_LOAD = 0.5;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    pauses: { type: 'string', default: '50' },
    only: { type: 'string' },
    place: { type: 'string', default: 'both' },
    size: { type: 'string', default: '1G' },
  },
});

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name}: a whole number from 1 on, not ${text}`);
  return value;
}

function chosen(names: string | undefined): readonly BenchCase[] {
  if (names === undefined) return CASES;
  return names.split(',').map((name) => {
    const found = CASES.find(({ id }) => id === name);
    if (found === undefined)
      throw new Error(`--only: no case ${name}; there are ${CASES.map(({ id }) => id).join(',')}`);
    return found;
  });
}

/** A case that is not about files is run where they cost nothing, once. */
function placesFor(benchCase: BenchCase, places: readonly Place[]): readonly Place[] {
  if (benchCase.inMemoryOnly !== true) return places;
  return places
    .filter(({ name }) => name === 'tmpfs')
    .concat(places)
    .slice(0, 1);
}

function show(result: CaseResult): void {
  say(`\n${result.title}; ${result.place}`);
  say(table(rowsOf(result)));
  if (result.figures.length > 0) say(`\n${table(result.figures)}`);
  for (const remark of remarksOf(result)) say(`- ${remark}`);
}

const startedAt = new Date();
const machine = describeMachine(startedAt);
const name = `bench-${startedAt.toISOString().replaceAll(':', '-')}`;
const cases = chosen(values.only);
const counts = { runs: wholeNumber('runs', values.runs), pauses: wholeNumber('pauses', values.pauses) };
const sizeBytes = parseSize(values.size, '--size');
const places = placesOf(values.place, say);
for (const [what, value] of Object.entries(machine)) say(`${what}: ${value}`);
const [load = 0] = loadavg();
if (load > BUSY_LOAD)
  say(`the machine is busy (load ${load.toFixed(1)}): expect less than it can do, and read ratios only`);

const results: CaseResult[] = [];
mkdirSync(RESULTS, { recursive: true });
for (const benchCase of cases) {
  for (const place of placesFor(benchCase, places)) {
    say(`\n${benchCase.id}, ${place.name}`);
    const result = await benchCase.run({ ...counts, sizeBytes, place, say });
    show(result);
    results.push(result);
    // After each case, so that one that is interrupted has not been for nothing.
    writeFileSync(`${RESULTS}${name}.json`, JSON.stringify({ machine, options: values, results }, null, 2));
    writeFileSync(`${RESULTS}${name}.md`, markdownOf(machine, results, `${name}.svg`));
    writeFileSync(`${RESULTS}${name}.svg`, plotOf(results));
  }
}
say(`\n${RESULTS}${name}.{md,svg,json}`);
const failures = results.flatMap(failuresOf);
for (const failure of failures) say(`failed: ${failure}`);
process.exitCode = failures.length === 0 ? 0 : 1;
