/**
 * What the fuzzers have in common: a target makes inputs from a seed and says what each came to, or throws what must not
 * be. Tests run each for a bounded number of inputs, main.ts for as many as one likes.
 */
import fc from 'fast-check';

/** A target that is ready for inputs. */
interface Opened<T> {
  /** What an input came to, in a word; throws when it is what must not be. */
  tryOne(input: T): string | Promise<string>;
  close?(): Promise<void>;
}

interface Description<T> {
  readonly name: string;
  /** In a run of the tests. */
  readonly inputs: number;
  /** Of a thousand inputs of a long run. */
  readonly share: number;
  readonly arbitrary: fc.Arbitrary<T>;
  /** Words that have to come in a run of the tests, or the inputs are too wild or too tame to try anything. */
  readonly expected: readonly string[];
  open(): Promise<Opened<T>>;
}

export interface FuzzRun {
  readonly inputs: number;
  readonly seed: number;
  /** To one input alone, as a failure names it. */
  readonly path?: string | undefined;
}

export interface FuzzOutcome {
  readonly inputs: number;
  /** How often each word came. */
  readonly ends: ReadonlyMap<string, number>;
  readonly failure: { readonly path: string; readonly report: string } | undefined;
}

export interface FuzzTarget extends Omit<Description<never>, 'arbitrary' | 'open'> {
  run(run: FuzzRun): Promise<FuzzOutcome>;
}

export function fuzzTarget<T>(description: Description<T>): FuzzTarget {
  const { name, inputs: inputsOfTests, share, expected, arbitrary } = description;
  return {
    name,
    inputs: inputsOfTests,
    share,
    expected,
    run: async ({ inputs, seed, path }) => {
      const ends = new Map<string, number>();
      const opened = await description.open();
      try {
        const property = fc.asyncProperty(arbitrary, async (input) => {
          const end = await opened.tryOne(input);
          ends.set(end, (ends.get(end) ?? 0) + 1);
        });
        const details = await fc.check(property, { numRuns: inputs, seed, ...(path === undefined ? {} : { path }) });
        const report = (await fc.asyncDefaultReportMessage(details)) ?? '';
        const failure = details.failed ? { path: details.counterexamplePath ?? '', report } : undefined;
        return { inputs: details.numRuns, ends, failure };
      } finally {
        await opened.close?.();
      }
    },
  };
}
