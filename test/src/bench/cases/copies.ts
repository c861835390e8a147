import { makeMixedImage, makeRandomImage, makeSparseImage, makeTextImage } from '../../harness/imageFiles.js';
import { Stage } from '../../harness/stage.js';
import { alternate, pairedRatios, spreadOf } from '../alternation.js';
import type { CopyPlan } from '../contenders/copyPlan.js';
import { GODWIT_NAME, godwit, warmGodwit } from '../contenders/godwit.js';
import { NBDCOPY, nbdcopy, qemuConvert, rsync } from '../contenders/peers.js';
import type { BenchCase, BenchContext, CaseResult, Figures, Line } from '../measured.js';

const HOLES = 1024;

/** An image of the case that all its runs read; it is made before the first and taken away after the last. */
export async function withImage<Result>(
  { place }: BenchContext,
  make: (path: string) => void,
  use: (path: string) => Promise<Result>,
): Promise<Result> {
  const stage = new Stage(place.folder);
  try {
    const path = stage.path('original.raw');
    make(path);
    return await use(path);
  } finally {
    await stage.close();
  }
}

function copyCase(id: string, content: string, make: (path: string, sizeBytes: number) => void): BenchCase {
  return {
    id,
    run: (context) =>
      withImage(
        context,
        (path) => make(path, context.sizeBytes),
        async (source): Promise<CaseResult> => {
          const { place, sizeBytes } = context;
          const plan: CopyPlan = { place, source, sizeBytes, dataBytes: sizeBytes };
          const contenders = [godwit(plan), warmGodwit(plan), nbdcopy(plan), qemuConvert(plan), rsync(plan)];
          return {
            id,
            title: `idle image, ${content}, ${sizeBytes / 1024 ** 2} MiB`,
            place: place.name,
            base: NBDCOPY,
            lines: await alternate(contenders, context.runs, context.say),
            figures: [],
            notes: ['godwit verifies in full (every block is read back on both sides); its peers verify nothing'],
          };
        },
      ),
  };
}

/** A thousand times as large as what it holds. */
const sparse: BenchCase = {
  id: 'sparse',
  run: (context) => {
    const { place, sizeBytes: dataBytes } = context;
    return withImage(
      context,
      (path) => makeSparseImage(path, dataBytes * HOLES, dataBytes),
      (source) =>
        withImage(
          context,
          (path) => makeRandomImage(path, dataBytes),
          async (dense): Promise<CaseResult> => {
            const plan = { place, source, sizeBytes: dataBytes * HOLES, dataBytes, isTargetZero: true };
            const densePlan = { place, source: dense, sizeBytes: dataBytes, dataBytes };
            const hours = { lacks: 'it reads the holes, which takes hours' };
            const contenders = [
              godwit(plan),
              godwit(densePlan, {}, DENSE),
              nbdcopy(plan),
              qemuConvert(plan),
              { ...rsync(plan), ...hours },
            ];
            const lines = await alternate(contenders, context.runs, context.say);
            return {
              id: 'sparse',
              title: `idle image of ${(dataBytes * HOLES) / 1024 ** 3} GiB with ${dataBytes / 1024 ** 2} MiB of data`,
              place: place.name,
              base: DENSE,
              lines,
              figures: timesOf(lines),
              notes: [
                'peers are told that their target is zeros already',
                `"${DENSE}" moves the same data without holes: what holes cost is the difference; goal: 1.3 times its time`,
              ],
            };
          },
        ),
    );
  },
};

/** How much longer each took than ours for the dense image. */
function timesOf(lines: readonly Line[]): Figures {
  const dense = lines.find(({ name }) => name === DENSE);
  if (dense === undefined) return [];
  const times = lines.map((line) => [
    line.name,
    spreadOf(
      pairedRatios(line, dense, ({ seconds }) => seconds),
      2,
    ),
  ]);
  return [['', 'time, of the dense image'], ...times];
}

const DENSE = `${GODWIT_NAME}, the same data dense`;

export const COPY_CASES: readonly BenchCase[] = [
  copyCase('mixed', '40% written zeros, 40% binaries, 20% random', makeMixedImage),
  copyCase('random', 'random', makeRandomImage),
  copyCase('text', 'text-like', makeTextImage),
  sparse,
];
