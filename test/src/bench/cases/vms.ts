import { alternate, pairedRatios, spreadOf } from '../alternation.js';
import { vmGodwit } from '../contenders/vmGodwit.js';
import type { VmPlan } from '../contenders/vmPlan.js';
import { QEMU_MIGRATE, vmQemu } from '../contenders/vmQemu.js';
import { type BenchCase, type BenchContext, type CaseResult, type Figures, figureOf, type Line } from '../measured.js';
import { guestsLostOf } from '../report/rows.js';
import { median, worst } from '../statistics.js';

const MEBIBYTE = 1024 ** 2;

function vmPlan({ place }: BenchContext): VmPlan {
  return { place, memoryMiB: 256, diskMiB: 64, downtimeLimitMs: 300 };
}

/** What there is of both movers, in order of how near it is to the guest's users. */
const COMPARED = [
  ['whole move, ms', undefined],
  ['pause as reported, ms', 'reported ms'],
  ['counter stood, by the host, ms', 'counter stood ms'],
  ['counter stood, by the guest, ms', 'counter stood by the guest ms'],
  ['echo silent, from outside, ms', 'echo silent ms'],
  ['counter stood in the second before, ms', 'counter stood before ms'],
] as const;

const vm: BenchCase = {
  id: 'vm',
  inMemoryOnly: true,
  run: async (context): Promise<CaseResult> => {
    const plan = vmPlan(context);
    const lines = await alternate([vmGodwit(plan), vmQemu(plan)], context.pauses, context.say);
    const [own, other] = lines;
    return {
      id: 'vm',
      title: `guest of ${plan.memoryMiB} MiB with a disk of ${plan.diskMiB} MiB at work, downtime limit ${plan.downtimeLimitMs} ms`,
      place: context.place.name,
      base: QEMU_MIGRATE,
      lines,
      figures: own === undefined || other === undefined ? [] : [...comparison(own, other), ...parts(own)],
      notes: [
        'the guest: a line of its counter each 10 ms, 4 MB/s of its memory rewritten, 20 records a second with fsync, an echo server',
        'godwit verifies in full; QEMU verifies nothing',
        'stood: the longest time between two lines of the counter from the start of the move until two seconds after it',
        'wire of QEMU: memory and mirror, counted by proxies in one more run',
      ],
    };
  },
};

function comparison(own: Line, other: Line): Figures {
  return [
    ['', 'godwit: median', 'worst', 'QEMU: median', 'worst', 'ratio'],
    ...COMPARED.map(([title, figure]) => {
      const measured = (line: Line) =>
        figure === undefined ? line.runs.map(({ seconds }) => seconds * 1000) : figureOf(line.runs, figure);
      const [ours, theirs] = [measured(own), measured(other)];
      const ratios = pairedRatios(own, other, (run) =>
        figure === undefined ? run.seconds : (run.figures?.[figure] ?? Number.NaN),
      );
      return [title, median(ours), worst(ours), median(theirs), worst(theirs), spreadOf(ratios, 2)];
    }),
    ['guests lost, of all moves', guestsLostOf(own), '', guestsLostOf(other), '', ''],
    ['wire, MiB', ...[own, other].flatMap(wireOf), ratioOfWires(own, other)],
  ];
}

function wireOf({ runs }: Line): number[] {
  const bytes = runs.map(({ wireBytes = Number.NaN }) => wireBytes / MEBIBYTE);
  return [median(bytes), worst(bytes)];
}

function ratioOfWires(own: Line, other: Line): string {
  const [[ours = Number.NaN], [theirs = Number.NaN]] = [wireOf(own), wireOf(other)];
  return (ours / theirs).toFixed(2);
}

/** Where each millisecond of our pause goes. */
function parts({ runs }: Line): Figures {
  const names = Object.keys(runs[0]?.figures ?? {}).filter((name) => name.startsWith('pause '));
  return names.map((name) => {
    const values = figureOf(runs, name);
    return [`godwit: ${name.slice('pause '.length)}`, median(values), worst(values), '', '', ''];
  });
}

export const VM_CASES: readonly BenchCase[] = [vm];
