/** What a writer can ask for; zero and discard both leave zeros behind. */
export type Operation = 'write' | 'zero' | 'discard';

/** One operation before its outcome is known. `sequence` grows over all writers in order of issue. */
export interface IntendedWrite {
  readonly sequence: number;
  readonly operation: Operation;
  readonly offset: number;
  readonly length: number;
}

/**
 * acknowledged: must be found, unless overwritten later. unknown: sent, never answered; its bytes may
 * be old or new. refused: answered with an error that says nothing was written; must not be found.
 */
export type Outcome = 'acknowledged' | 'unknown' | 'refused';

/** One operation with its outcome; times are `performance.now()` milliseconds of the writing process. */
export interface WriteRecord extends IntendedWrite {
  readonly outcome: Outcome;
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
  /** Where the last attempt went. */
  readonly target: string;
}

/** All operations of a run, in order of issue when read. */
export class History {
  readonly #records: WriteRecord[] = [];
  readonly #counts: Record<Outcome, number> = { acknowledged: 0, unknown: 0, refused: 0 };
  #sorted = true;
  #latest: WriteRecord | undefined;
  #acknowledgedBytes = 0;

  add(record: WriteRecord): void {
    if (this.#latest !== undefined && this.#latest.sequence > record.sequence) this.#sorted = false;
    this.#records.push(record);
    this.#latest = record;
    this.#counts[record.outcome]++;
    if (record.outcome === 'acknowledged') this.#acknowledgedBytes += record.length;
  }

  get records(): readonly WriteRecord[] {
    if (!this.#sorted) this.#records.sort((left, right) => left.sequence - right.sequence);
    this.#sorted = true;
    return this.#records;
  }

  /** The operation whose outcome became known last. */
  get latest(): WriteRecord | undefined {
    return this.#latest;
  }

  get acknowledgedBytes(): number {
    return this.#acknowledgedBytes;
  }

  count(outcome: Outcome): number {
    return this.#counts[outcome];
  }
}
