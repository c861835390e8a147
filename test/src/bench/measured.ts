/** What a run of the bench gives, whoever moved the bytes. */

/** A number for each end of a move. */
export interface Ends {
  readonly source: number;
  readonly destination: number;
}

/** One copy or one migration, seen from outside. */
export interface Run {
  readonly seconds: number;
  /** Of image that stand at the destination now; holes excluded. */
  readonly movedBytes: number;
  readonly cpuSeconds: Ends;
  readonly peakMebibytes: Ends;
  /** Undefined where nobody counted. */
  readonly wireBytes?: number;
  readonly eventLoopP99Ms?: Ends;
  /** What a case shows beside: name with unit to value. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** Who is measured. */
export interface Contender {
  readonly name: string;
  /** Why it does not take part, e.g. the program that is not installed. */
  readonly lacks?: string;
  run(): Promise<Run>;
  /** Bytes on the wire, for one that does not say so itself: counted in a run that is not timed. */
  countWire?(): Promise<number>;
}

/** A contender will not do what a case asks of it: no failure, a reason to be left out. */
export class Refusal extends Error {}

/** A mover brought the guest to its end, or a part of it: a result of that mover, not the end of the bench. */
export class GuestLost extends Error {}

/** All runs of one contender in one case. */
export interface Line {
  readonly name: string;
  readonly runs: readonly Run[];
  /** Moves by which the guest was lost, beside the runs; each was tried again. */
  readonly lost?: { readonly guests: number; readonly reason: string };
  /** Why the wire could not be counted. */
  readonly wireUncounted?: string;
  /** Why it did not begin, or runs of it failed. */
  readonly leftOut?: string;
}

/** A table of figures beside a case's own, first row its heads. */
export type Figures = readonly (readonly (string | number)[])[];

export interface CaseResult {
  readonly id: string;
  readonly title: string;
  readonly place: string;
  /** The line that ratios are to. */
  readonly base: string;
  readonly lines: readonly Line[];
  readonly figures: Figures;
  readonly notes: readonly string[];
}

/** What all cases of a place share. */
export interface BenchContext {
  readonly runs: number;
  readonly pauses: number;
  readonly sizeBytes: number;
  readonly place: Place;
  readonly say: (line: string) => void;
}

/** Where images and copies lie. */
export interface Place {
  readonly name: 'tmpfs' | 'disk';
  readonly folder: string;
}

export interface BenchCase {
  readonly id: string;
  /** Measured where files cost nothing, whatever places were asked for: it is not about files. */
  readonly inMemoryOnly?: boolean;
  run(context: BenchContext): Promise<CaseResult>;
}

export function megabytesPerSec({ movedBytes, seconds }: Run): number {
  return movedBytes / 1e6 / seconds;
}

/** Both ends' processor seconds for a GiB that was moved. */
export function cpuSecondsPerGib(run: Run, end?: keyof Ends): number {
  const { source, destination } = run.cpuSeconds;
  const seconds = end === undefined ? source + destination : run.cpuSeconds[end];
  return (seconds / run.movedBytes) * 1024 ** 3;
}

/** The median of a figure of all runs. */
export function figureOf(runs: readonly Run[], name: string): number[] {
  return runs.map(({ figures }) => figures?.[name] ?? Number.NaN);
}
