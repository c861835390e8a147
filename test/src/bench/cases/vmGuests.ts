import { alternate, pairedRatios, spreadOf } from '../alternation.js';
import { type GuestPlan, guestContenders, PLAIN_FILE } from '../contenders/vmGuest.js';
import {
  type BenchCase,
  type BenchContext,
  type CaseResult,
  type Figures,
  figureOf,
  type Line,
  megabytesPerSec,
} from '../measured.js';
import { median, worst } from '../statistics.js';

const WINDOW_MS = 8000;

function guestCase(id: string, what: string, oraclePauseMicros: number): BenchCase {
  return {
    id,
    inMemoryOnly: true,
    run: async (context: BenchContext): Promise<CaseResult> => {
      const { place, runs, say } = context;
      const plan: GuestPlan = { place, memoryMiB: 256, diskMiB: 64, oraclePauseMicros, windowMs: WINDOW_MS };
      const lines = await alternate(guestContenders(plan), runs, say);
      return {
        id,
        title: `a guest of ${plan.memoryMiB} MiB that rewrites 64 MiB of its memory, ${what}, for ${WINDOW_MS / 1000} s`,
        place: place.name,
        base: PLAIN_FILE,
        lines,
        figures: figuresOf(lines),
        notes: [
          'MB/s: of memory that the guest rewrites, a byte in each page of 4 KiB; the ratio is what is left of its speed',
          'in rounds: a move that never finds its pause short enough, from the end of its first round on, then cancelled',
          'CPU: of the source agent and what serves the memory, without QEMU; sent: blocks of memory and disk, in the rounds that ended in that time',
        ],
      };
    },
  };
}

function figuresOf(lines: readonly Line[]): Figures {
  const [plain] = lines;
  const heads = ['', 'pages/s', 'of plain', 'counter stood, ms', 'worst', 'CPU, %', 'rounds/s', 'sent, MiB/s'];
  const rows = lines.map((line) => {
    const middle = (name: string): number => median(figureOf(line.runs, name));
    const stoodMs = figureOf(line.runs, 'counter stood ms');
    const ratios = plain === undefined ? [] : pairedRatios(line, plain, megabytesPerSec);
    const served = ['CPU %', 'rounds/s', 'sent MiB/s'].map(middle);
    return [line.name, middle('pages/s'), spreadOf(ratios, 3), median(stoodMs), worst(stoodMs), ...served];
  });
  return [heads, ...rows];
}

export const VM_GUEST_CASES: readonly BenchCase[] = [
  guestCase('vm-guest', '4 MB/s', 1000),
  guestCase('vm-guest-full', 'as fast as it can', 0),
];
