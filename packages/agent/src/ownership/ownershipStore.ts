import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { GodwitError, problemOf } from '@godwit/errors';
import { lockExclusively } from '@godwit/native';
import { makeFolder } from './makeFolder.js';
import { type OwnershipContent, readRecords, writeRecords } from './recordFile.js';
import { checkTransition, type OwnerRecord } from './records.js';

const MEASURES_KEPT = 4;
/** Outcomes that are remembered: a source asks about its last handover, not about one of a thousand ago. */
const OUTCOMES_KEPT = 1024;

/**
 * The ownership records of one agent, all images in one file so that several change hands at one
 * instant. A change is on disk before `update` resolves, and only then visible to `get`.
 */
export class OwnershipStore {
  readonly #path: string;
  readonly #lock: number;
  /** Tells this agent from others, for as long as its state directory lives. */
  readonly identity: string;
  #records: ReadonlyMap<string, OwnerRecord>;
  #outcomes: ReadonlyMap<string, 'owner' | 'aborted'>;
  #last: Promise<unknown> = Promise.resolve();
  readonly #persistsMs: number[] = [];

  private constructor(path: string, lock: number, content: OwnershipContent | undefined) {
    this.#path = path;
    this.#lock = lock;
    this.identity = content?.identity ?? randomBytes(12).toString('hex');
    this.#records = new Map(content?.records.map((record) => [record.name, record]));
    this.#outcomes = new Map(content?.outcomes.map(({ migration, outcome }) => [migration, outcome]));
  }

  /**
   * Opens (and makes) the state directory and holds it for this process alone. E_STATE_DIR when it
   * cannot be used or another agent holds it, E_STATE_CORRUPT when its record is damaged.
   */
  static async open(stateDir: string): Promise<OwnershipStore> {
    const lock = await lockFolder(stateDir);
    try {
      const path = join(stateDir, 'ownership.json');
      const content = await readRecords(path);
      const store = new OwnershipStore(path, lock, content);
      // The identity must outlive a crash before the first change.
      if (content === undefined) await store.measure();
      return store;
    } catch (error) {
      closeSync(lock);
      throw error;
    }
  }

  /**
   * What putting the records on disk costs, in milliseconds: the least of the last few updates, for a
   * busy machine only ever adds. Part of the expected downtime.
   */
  get persistMs(): number {
    return this.#persistsMs.length === 0 ? 0 : Math.min(...this.#persistsMs);
  }

  /** Writes the records as they are, to learn anew what it costs. */
  measure(): Promise<void> {
    return this.#serially(() => this.#persist(this.#records, this.#outcomes));
  }

  get(name: string): OwnerRecord | undefined {
    return this.#records.get(name);
  }

  all(): OwnerRecord[] {
    return [...this.#records.values()];
  }

  /** Puts records on disk, all or none; every one must be a permitted change (records.ts). */
  update(changes: readonly OwnerRecord[]): Promise<void> {
    return this.#serially(async () => {
      const next = new Map(this.#records);
      const outcomes = new Map(this.#outcomes);
      for (const change of changes) {
        const before = next.get(change.name);
        checkTransition(before, change);
        next.set(change.name, change);
        // A source that reclaims becomes owner, too; that is no outcome of a destination.
        if (before?.role !== 'sealed' && before?.role !== 'owner') rememberOutcome(outcomes, change);
      }
      await this.#persist(next, outcomes);
    });
  }

  /** How a migration ended at this destination; undefined when it did not, or is not known. */
  outcomeOf(migration: string): 'owner' | 'aborted' | undefined {
    return this.#outcomes.get(migration);
  }

  /** Lets the directory go. */
  async close(): Promise<void> {
    await this.#last.catch(() => undefined);
    closeSync(this.#lock);
  }

  async #persist(
    next: ReadonlyMap<string, OwnerRecord>,
    outcomes: ReadonlyMap<string, 'owner' | 'aborted'>,
  ): Promise<void> {
    const started = performance.now();
    try {
      writeRecords(this.#path, {
        identity: this.identity,
        records: [...next.values()],
        outcomes: [...outcomes].map(([migration, outcome]) => ({ migration, outcome })),
      });
    } catch (error) {
      throw new GodwitError('E_STATE_DIR', { path: this.#path, problem: problemOf(error) }, { cause: error });
    }
    this.#persistsMs.push(performance.now() - started);
    if (this.#persistsMs.length > MEASURES_KEPT) this.#persistsMs.shift();
    this.#records = next;
    this.#outcomes = outcomes;
  }

  #serially(change: () => Promise<void>): Promise<void> {
    const run = this.#last.then(change, change);
    this.#last = run.catch(() => undefined);
    return run;
  }
}

/** A destination's word, kept with the record that makes it true. */
function rememberOutcome(outcomes: Map<string, 'owner' | 'aborted'>, { role, migration }: OwnerRecord): void {
  if ((role !== 'owner' && role !== 'aborted') || migration === '') return;
  outcomes.delete(migration);
  outcomes.set(migration, role);
  for (const oldest of outcomes.keys()) {
    if (outcomes.size <= OUTCOMES_KEPT) return;
    outcomes.delete(oldest);
  }
}

async function lockFolder(stateDir: string): Promise<number> {
  let lock: number;
  try {
    await makeFolder(stateDir, 0o700);
    lock = openSync(join(stateDir, 'lock'), 'a', 0o600);
  } catch (error) {
    throw new GodwitError('E_STATE_DIR', { path: stateDir, problem: problemOf(error) }, { cause: error });
  }
  if (lockExclusively(lock) === false) {
    closeSync(lock);
    throw new GodwitError('E_STATE_DIR', { path: stateDir, problem: 'another agent is using it' });
  }
  return lock;
}
