/**
 * What hints to the page cache do: moves of one idle image with them and without (GODWIT_NO_CACHE_HINTS=1), in turn.
 * `node bench/pageCache.mjs [--runs 5] [--size 1G] [--place disk|tmpfs|both] [--verify full|wire]`. Prints medians: times of the
 * move, what the page cache holds of the original and of the copy afterwards, and the most that was dirty meanwhile.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { parseSize } from '../../../packages/agent/dist/index.js';
import { makeRandomImage } from '../harness/imageFiles.js';
import { DISK } from '../harness/pair.js';
import { Stage } from '../harness/stage.js';
import { pairedRatios, spreadOf } from './alternation.js';
import { withImage } from './cases/copies.js';
import { CostOfMove, moved, PATIENT } from './contenders/godwit.js';
import { cachedBytesOf, dropCached } from './diskCache.js';
import { figureOf, type Line, type Place, type Run } from './measured.js';
import { placesOf } from './places.js';
import { median, table } from './statistics.js';

const MEBIBYTE = 1024 ** 2;
/** How often /proc/meminfo is looked at. */
const LOOK_MS = 20;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    size: { type: 'string', default: '1G' },
    place: { type: 'string', default: 'disk' },
    verify: { type: 'string', default: 'full' },
  },
});
const verify: 'full' | 'wire' = values.verify === 'wire' ? 'wire' : 'full';
const sizeBytes = parseSize(values.size, '--size');

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Of the whole machine. */
function dirtyMebibytes(): number {
  return Number(/^Dirty:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) / 1024;
}

async function move(place: Place, original: string, env: Readonly<Record<string, string>>): Promise<Run> {
  const stage = new Stage(place.folder);
  let dirtyPeak = 0;
  const look = setInterval(() => {
    dirtyPeak = Math.max(dirtyPeak, dirtyMebibytes());
  }, LOOK_MS);
  try {
    const [source, destination] = await Promise.all([
      stage.source({ images: { [DISK]: original }, args: PATIENT, env }),
      stage.destination({ args: PATIENT, env }),
    ]);
    dropCached(place, original);
    const cost = await CostOfMove.begin(source, destination);
    const request = { images: [DISK], destination: destination.address, verify };
    const { view, phaseMs } = await moved(source, request);
    const run = await cost.end(view, sizeBytes, phaseMs);
    const figures = {
      ...run.figures,
      'round 1 ms': view.rounds[0]?.durationMs ?? Number.NaN,
      'write-back ms': phaseMs.get('destination writes back') ?? 0,
      'verifying ms': phaseMs.get('verifying') ?? 0,
      'original cached MiB': cachedBytesOf(original) / MEBIBYTE,
      'copy cached MiB': cachedBytesOf(destination.imagePath(DISK)) / MEBIBYTE,
      'dirty peak MiB': dirtyPeak,
    };
    return { ...run, figures };
  } finally {
    clearInterval(look);
    await stage.close();
  }
}

/** In turn, and the first one in turn, too. */
async function compare(place: Place, original: string): Promise<void> {
  const none: Run[] = [];
  const lines = [
    { name: 'without', env: { GODWIT_NO_CACHE_HINTS: '1' }, runs: [...none] },
    { name: 'with', env: {}, runs: [...none] },
  ];
  for (let round = 0; round < Number(values.runs); round++) {
    for (const { env, runs } of round % 2 === 0 ? lines : [...lines].reverse()) {
      runs.push(await move(place, original, env));
    }
  }
  show(place, lines);
}

function show(place: Place, [without, hinted]: readonly Line[]): void {
  if (without === undefined || hinted === undefined) return;
  const names = Object.keys(hinted.runs[0]?.figures ?? {});
  const row = (name: string, of: (run: Run) => number) => [
    name,
    ...[without, hinted].map(({ runs }) => median(runs.map(of))),
  ];
  say(`${place.name}, ${sizeBytes / MEBIBYTE} MiB, verify ${verify}, medians of ${hinted.runs.length}`);
  say(
    table([
      ['', 'without', 'with'],
      row('seconds', ({ seconds }) => seconds),
      row('CPU seconds', ({ cpuSeconds }) => cpuSeconds.source + cpuSeconds.destination),
      ...names.map((name) => [name, ...[without, hinted].map(({ runs }) => median(figureOf(runs, name)))]),
    ]),
  );
  const ratios = (value: (run: Run) => number) => spreadOf(pairedRatios(hinted, without, value), 2);
  say(`with to without, of neighbours: seconds ${ratios(({ seconds }) => seconds)}`);
  say(`CPU seconds ${ratios(({ cpuSeconds }) => cpuSeconds.source + cpuSeconds.destination)}`);
}

for (const place of placesOf(values.place, say)) {
  const context = { runs: Number(values.runs), pauses: 0, sizeBytes, place, say };
  await withImage(
    context,
    (path) => makeRandomImage(path, sizeBytes),
    (path) => compare(place, path),
  );
}
