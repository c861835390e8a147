import { makeMixedImage, makeRandomImage } from '../../harness/imageFiles.js';
import { alternate } from '../alternation.js';
import { liveGodwit } from '../contenders/liveGodwit.js';
import type { LivePlan } from '../contenders/livePlan.js';
import { MIRROR, mirror } from '../contenders/mirror.js';
import { type BenchCase, type BenchContext, type CaseResult, type Figures, figureOf, type Line } from '../measured.js';
import { median, worst } from '../statistics.js';

const MEBIBYTE = 1024 ** 2;
const WRITE_BYTES_PER_SEC = 100e6;
/** Of an image that is written to: writers have a working set. */
const WORKING_SET = 1 / 4;
/** What is measured fifty times is smaller; the pause does not depend on what lies still. */
const PAUSE_IMAGE_BYTES = 256 * MEBIBYTE;

function livePlan({ place }: BenchContext, sizeBytes: number): LivePlan {
  return {
    place,
    make: (path) => makeMixedImage(path, sizeBytes),
    sizeBytes,
    spanBytes: sizeBytes * WORKING_SET,
    writeBytesPerSec: WRITE_BYTES_PER_SEC,
  };
}

function titleOf({ sizeBytes, spanBytes, writeBytesPerSec }: LivePlan): string {
  const written = `${writeBytesPerSec / 1e6} MB/s of random 64 KiB writes over ${spanBytes / MEBIBYTE} MiB through NBD`;
  return `mixed image of ${sizeBytes / MEBIBYTE} MiB under ${written}`;
}

const live: BenchCase = {
  id: 'live',
  run: async (context): Promise<CaseResult> => {
    const plan = livePlan(context, context.sizeBytes);
    const lines = await alternate([liveGodwit(plan), mirror(plan)], context.runs, context.say);
    return {
      id: 'live',
      title: titleOf(plan),
      place: context.place.name,
      base: MIRROR,
      lines,
      figures: feltFigures(lines),
      notes: [EQUALITY, 'CPU: of the agents, or of the storage daemon and the server; serving the writer is in it'],
    };
  },
};

/** Many moves, for the worst of them. */
const pause: BenchCase = {
  id: 'pause',
  inMemoryOnly: true,
  run: async (context): Promise<CaseResult> => {
    const plan = livePlan(context, PAUSE_IMAGE_BYTES);
    const own = await alternate([liveGodwit(plan)], context.pauses, context.say);
    const other = await alternate([mirror(plan)], Math.min(context.runs, context.pauses), context.say);
    const lines = [...own, ...other];
    return {
      id: 'pause',
      title: `pause of ${context.pauses} moves: ${titleOf(plan)}`,
      place: context.place.name,
      base: MIRROR,
      lines,
      figures: [...feltFigures(lines), ...own.flatMap(pauseParts)],
      notes: [EQUALITY, 'goal: felt, median at most 20 ms, worst of 50 at most 50 ms'],
    };
  },
};

const EQUALITY =
  'compared with the original where the writer did not write; where it did, godwit read every block back, the mirror vouches for itself';

function feltFigures(lines: readonly Line[]): Figures {
  return [
    ['', 'median', 'worst', 'of'],
    ...lines.flatMap(({ name, runs }) => [
      figureRow(`${name}: longest write while it moves, ms`, figureOf(runs, 'felt ms')),
      figureRow(`${name}: longest write in the second before, ms`, figureOf(runs, 'longest before ms')),
    ]),
  ];
}

function pauseParts({ name, runs }: Line): Figures {
  const parts = Object.keys(runs[0]?.figures ?? {}).filter((figure) => figure.startsWith('pause '));
  return parts.map((part) => figureRow(`${name}: reported ${part.slice('pause '.length)}`, figureOf(runs, part)));
}

function figureRow(name: string, values: readonly number[]): (string | number)[] {
  return [name, median(values), worst(values), String(values.length)];
}

const SKEWED = 'zoned:90/10:10/90';
const THIN_BYTES_PER_SEC = 25e6;
const MEGABYTE = 1e6;

/** What is written again and again is not to be sent each time. */
const rewrittenAt = (id: string, writeBytesPerSec: number): BenchCase => ({
  id,
  inMemoryOnly: true,
  run: async (context): Promise<CaseResult> => {
    const plan: LivePlan = {
      place: context.place,
      make: (path) => makeRandomImage(path, PAUSE_IMAGE_BYTES),
      sizeBytes: PAUSE_IMAGE_BYTES,
      spanBytes: PAUSE_IMAGE_BYTES,
      writeBytesPerSec,
      wire: { delayMs: 0.5, rateBytesPerSec: THIN_BYTES_PER_SEC },
      distribution: SKEWED,
    };
    const lines = await alternate([liveGodwit(plan, { onStall: 'force' }), mirror(plan)], context.runs, context.say);
    return {
      id,
      title: `random image of ${PAUSE_IMAGE_BYTES / MEBIBYTE} MiB over 200 Mbit/s, 90% of ${writeBytesPerSec / MEGABYTE} MB/s of writes on 10% of its blocks`,
      place: context.place.name,
      base: MIRROR,
      lines,
      figures: [...feltFigures(lines), ...rewrittenFigures(lines)],
      notes: [
        'goal: wire bytes after the first round at most 1.1 times the blocks that were written, each counted once',
      ],
    };
  },
});

function rewrittenFigures(lines: readonly Line[]): Figures {
  return lines.flatMap(({ name, runs }) => {
    const after = figureOf(runs, 'wire bytes after first round');
    const unique = figureOf(runs, 'unique dirty bytes');
    if (after.every((bytes) => Number.isNaN(bytes))) return [];
    return [
      figureRow(
        `${name}: MiB on the wire after the first round`,
        after.map((bytes) => bytes / MEBIBYTE),
      ),
      figureRow(
        `${name}: MiB of blocks written since it began`,
        unique.map((bytes) => bytes / MEBIBYTE),
      ),
      figureRow(
        `${name}: ratio of the two`,
        after.map((bytes, index) => bytes / (unique[index] ?? Number.NaN)),
      ),
      figureRow(`${name}: rounds`, figureOf(runs, 'rounds')),
    ];
  });
}

/** Writers take a fifth, two fifths and four fifths of what the wire carries. */
const REWRITTEN_CASES: readonly BenchCase[] = [
  rewrittenAt('rewritten-5', 5 * MEGABYTE),
  rewrittenAt('rewritten-10', 10 * MEGABYTE),
  rewrittenAt('rewritten-20', 20 * MEGABYTE),
];

export const LIVE_CASES: readonly BenchCase[] = [live, pause, ...REWRITTEN_CASES];
