import { makeRandomImage, makeTextImage } from '../../harness/imageFiles.js';
import { alternate, spreadOf } from '../alternation.js';
import type { CopyPlan } from '../contenders/copyPlan.js';
import { GODWIT_NAME, type GodwitRequest, godwit } from '../contenders/godwit.js';
import { NBDCOPY, nbdcopy } from '../contenders/peers.js';
import { type BenchCase, type CaseResult, figureOf, type Line, megabytesPerSec } from '../measured.js';
import { withImage } from './copies.js';

const THIN_BYTES_PER_SEC = 25e6;
const GIGABIT_BYTES_PER_SEC = 125e6;
const ONE_WAY_MS = 12.5;
/** A thin wire makes of a full image minutes. */
const THIN_SHARE = 1 / 4;

/** Does the encoding that an agent chooses by itself help a slow wire? */
const encoding: BenchCase = {
  id: 'encoding',
  inMemoryOnly: true,
  run: (context) => {
    const sizeBytes = context.sizeBytes * THIN_SHARE;
    return withImage(
      context,
      (path) => makeTextImage(path, sizeBytes),
      async (source): Promise<CaseResult> => {
        const wire = { delayMs: 0.5, rateBytesPerSec: THIN_BYTES_PER_SEC };
        const plan: CopyPlan = { place: context.place, source, sizeBytes, dataBytes: sizeBytes, wire };
        const encodings = (['raw', 'lz4'] as const).map((name) =>
          godwit(plan, { encoding: name }, `${GODWIT_NAME}, ${name}`),
        );
        return {
          id: 'encoding',
          title: `text-like image of ${sizeBytes / 1024 ** 2} MiB over 200 Mbit/s`,
          place: context.place.name,
          base: NBDCOPY,
          lines: await alternate([godwit(plan), ...encodings, nbdcopy(plan)], context.runs, context.say),
          figures: [],
          notes: [`the wire carries ${THIN_BYTES_PER_SEC / 1e6} MB/s; more than that is compression`],
        };
      },
    );
  },
};

/** What of a long wire is used. */
const longPipe: BenchCase = {
  id: 'longpipe',
  inMemoryOnly: true,
  run: (context) =>
    withImage(
      context,
      (path) => makeRandomImage(path, context.sizeBytes),
      async (source): Promise<CaseResult> => {
        const { sizeBytes } = context;
        const wire = { delayMs: ONE_WAY_MS, rateBytesPerSec: GIGABIT_BYTES_PER_SEC };
        const plan: CopyPlan = { place: context.place, source, sizeBytes, dataBytes: sizeBytes, wire };
        const requests: readonly [string, GodwitRequest][] = [
          [GODWIT_NAME, {}],
          [`${GODWIT_NAME}, 1 lane`, { lanes: 1 }],
          [`${GODWIT_NAME}, 4 lanes`, { lanes: 4 }],
        ];
        const contenders = requests.map(([name, request]) => godwit(plan, request, name));
        const lines = await alternate([...contenders, nbdcopy(plan)], context.runs, context.say);
        return {
          id: 'longpipe',
          title: `random image of ${sizeBytes / 1024 ** 2} MiB over 1 Gbit/s with ${2 * ONE_WAY_MS} ms of round trip`,
          place: context.place.name,
          base: NBDCOPY,
          lines,
          figures: [['', 'of the cap, %: whole move', 'first round'], ...lines.map(shareRow)],
          notes: ['a whole move has its setup, its verification and its handover in it; goal: 80% of the cap'],
        };
      },
    ),
};

function shareRow({ name, runs }: Line): string[] {
  const percent = (bytesPerSec: number): number => (bytesPerSec / GIGABIT_BYTES_PER_SEC) * 100;
  const whole = runs.map((run) => percent(megabytesPerSec(run) * 1e6));
  const first = figureOf(runs, 'first round wire MB/s').map((rate) => percent(rate * 1e6));
  return [name, spreadOf(whole), spreadOf(first)];
}

export const WIRE_CASES: readonly BenchCase[] = [encoding, longPipe];
