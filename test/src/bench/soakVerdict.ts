/** Whether agents hold more at the end of a soak than at its beginning. */
import type { Holding, Sample } from './soaking.js';
import { median } from './statistics.js';

/** What a resident set may grow from the first quarter to the last: by a share of itself, and by so much besides. */
export interface Allowance {
  readonly share: number;
  readonly mebibytes: number;
}

/** A heap breathes, and a destination that cannot close images keeps a few KiB for each. */
const BREATHING: Allowance = { share: 0.1, mebibytes: 16 };

export interface Trend {
  readonly what: string;
  readonly first: number;
  readonly last: number;
  readonly grows: boolean;
}

type End = keyof Sample;

/** Medians of the first and the last quarter of samples. */
export function trendsOf(samples: readonly Sample[], allowance: Allowance = BREATHING): Trend[] {
  const quarter = Math.max(1, Math.floor(samples.length / 4));
  const [head, tail] = [samples.slice(0, quarter), samples.slice(-quarter)];
  const trend = (end: End, what: string, value: (held: Holding) => number, allowed: (first: number) => number) => {
    const [first, last] = [head, tail].map((part) => median(part.map((sample) => value(sample[end]))));
    if (first === undefined || last === undefined) throw new Error('no samples');
    return { what: `${end}: ${what}`, first, last, grows: last > allowed(first) };
  };
  const more = (first: number): number => first * (1 + allowance.share) + allowance.mebibytes;
  const same = (first: number): number => first;
  return (['source', 'destination'] as const).flatMap((end) => [
    trend(end, 'resident, MiB', ({ residentMebibytes }) => residentMebibytes, more),
    trend(end, 'descriptors, images apart', ({ descriptors }) => descriptors, same),
    trend(end, 'threads', ({ threads }) => threads, same),
  ]);
}
