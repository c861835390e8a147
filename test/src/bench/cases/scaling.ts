import { makeMixedImage } from '../../harness/imageFiles.js';
import { alternate, spreadOf } from '../alternation.js';
import type { CopyPlan } from '../contenders/copyPlan.js';
import { GODWIT_NAME, godwit } from '../contenders/godwit.js';
import { type BenchCase, type CaseResult, cpuSecondsPerGib, figureOf, type Line, type Run } from '../measured.js';
import { median } from '../statistics.js';
import { withImage } from './copies.js';

const GIBIBYTE = 1024 ** 3;
const LANES = [1, 2, 4] as const;
/** The machine that is not here. */
const LARGE = { cores: 16, lanes: 8 } as const;
/** An image that makes the serial part small, as those are for which lanes matter. */
const LARGE_IMAGE_GIB = 100;

/** What more lanes give here, and what they would give where there are cores for them. */
const scaling: BenchCase = {
  id: 'scaling',
  inMemoryOnly: true,
  run: (context) =>
    withImage(
      context,
      (path) => makeMixedImage(path, context.sizeBytes),
      async (source): Promise<CaseResult> => {
        const { place, sizeBytes } = context;
        const plan: CopyPlan = { place, source, sizeBytes, dataBytes: sizeBytes };
        const contenders = LANES.map((lanes) => godwit(plan, { lanes }, nameOf(lanes)));
        const lines = await alternate(contenders, context.runs, context.say);
        return {
          id: 'scaling',
          title: `mixed image of ${sizeBytes / 1024 ** 2} MiB over 1, 2 and 4 lanes`,
          place: place.name,
          base: nameOf(1),
          lines,
          figures: [
            ['', 'CPU s/GiB source', 'CPU s/GiB destination', 'serial part, ms'],
            ...lines.map(({ name, runs }) => [
              name,
              spreadOf(
                runs.map((run) => cpuSecondsPerGib(run, 'source')),
                2,
              ),
              spreadOf(
                runs.map((run) => cpuSecondsPerGib(run, 'destination')),
                2,
              ),
              spreadOf(figureOf(runs, 'serial ms')),
            ]),
          ],
          notes: arithmeticOf(lines[0]),
        };
      },
    ),
};

function nameOf(lanes: number): string {
  return `${GODWIT_NAME}, ${lanes} ${lanes === 1 ? 'lane' : 'lanes'}`;
}

/**
 * Amdahl's law with what one lane showed: processor time is divided among lanes, the serial part is not. It is an
 * estimate from below for the lanes' part (main threads' time is in it, too), and from above for everything that cores share:
 * memory bandwidth, the wire and the disks set limits of their own.
 */
function arithmeticOf(line: Line | undefined): string[] {
  if (line === undefined || line.runs.length === 0) return [];
  const { cores, lanes } = LARGE;
  const middle = (value: (run: Run) => number): number => median(line.runs.map(value));
  const source = middle((run) => cpuSecondsPerGib(run, 'source'));
  const destination = middle((run) => cpuSecondsPerGib(run, 'destination'));
  const serial = median(figureOf(line.runs, 'serial ms')) / 1000;
  const slower = Math.max(source, destination);
  const two = slower / lanes;
  // A lane is a thread at each end; on one machine both ends share the cores.
  const one = (source + destination) / Math.min(cores, 2 * lanes);
  const rate = (perGib: number, gibibytes: number): string =>
    ((gibibytes * GIBIBYTE) / 1e6 / (serial + perGib * gibibytes)).toFixed(0);
  return [
    `one lane: ${source.toFixed(2)} s of CPU per GiB at the source, ${destination.toFixed(2)} s at the destination, ${serial.toFixed(3)} s serial`,
    `${lanes} lanes, two hosts of ${cores} cores: ${slower.toFixed(2)} / ${lanes} = ${two.toFixed(3)} s per GiB; ` +
      `1 GiB: ${serial.toFixed(3)} + ${two.toFixed(3)} s = ${rate(two, 1)} MB/s; ` +
      `${LARGE_IMAGE_GIB} GiB: ${serial.toFixed(3)} + ${(two * LARGE_IMAGE_GIB).toFixed(1)} s = ${rate(two, LARGE_IMAGE_GIB)} MB/s`,
    `${lanes} lanes, both ends on one host of ${cores} cores: ${(source + destination).toFixed(2)} / ${Math.min(cores, 2 * lanes)} = ${one.toFixed(3)} s per GiB; ` +
      `${LARGE_IMAGE_GIB} GiB: ${rate(one, LARGE_IMAGE_GIB)} MB/s`,
    'that is what processors allow; memory bandwidth, wire and disks have their own limits',
  ];
}

export const SCALING_CASES: readonly BenchCase[] = [scaling];
