import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { GodwitError, problemOf } from '@godwit/errors';
import { lockExclusively } from '@godwit/native';
import { makeFolder } from './makeFolder.js';
import { readRecords, writeRecords } from './recordFile.js';
import { checkTransition, type OwnerRecord } from './records.js';

const MEASURES_KEPT = 4;

/**
 * The ownership records of one agent, all images in one file so that several change hands at one
 * instant. A change is on disk before `update` resolves, and only then visible to `get`.
 */
export class OwnershipStore {
  readonly #path: string;
  readonly #lock: number;
  #records: ReadonlyMap<string, OwnerRecord>;
  #last: Promise<unknown> = Promise.resolve();
  readonly #persistsMs: number[] = [];

  private constructor(path: string, lock: number, records: readonly OwnerRecord[]) {
    this.#path = path;
    this.#lock = lock;
    this.#records = new Map(records.map((record) => [record.name, record]));
  }

  /**
   * Opens (and makes) the state directory and holds it for this process alone. E_STATE_DIR when it
   * cannot be used or another agent holds it, E_STATE_CORRUPT when its record is damaged.
   */
  static async open(stateDir: string): Promise<OwnershipStore> {
    const lock = await lockFolder(stateDir);
    try {
      const path = join(stateDir, 'ownership.json');
      return new OwnershipStore(path, lock, await readRecords(path));
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
    return this.#serially(() => this.#persist(this.#records));
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
      for (const change of changes) {
        checkTransition(next.get(change.name), change);
        next.set(change.name, change);
      }
      await this.#persist(next);
    });
  }

  /** Forgets images, e.g. one that never arrived. The caller answers for it that no epoch is forgotten that mattered. */
  forget(names: readonly string[]): Promise<void> {
    return this.#serially(async () => {
      const next = new Map(this.#records);
      for (const name of names) next.delete(name);
      await this.#persist(next);
    });
  }

  /** Lets the directory go. */
  async close(): Promise<void> {
    await this.#last.catch(() => undefined);
    closeSync(this.#lock);
  }

  async #persist(next: ReadonlyMap<string, OwnerRecord>): Promise<void> {
    const started = performance.now();
    try {
      await writeRecords(this.#path, [...next.values()]);
    } catch (error) {
      throw new GodwitError('E_STATE_DIR', { path: this.#path, problem: problemOf(error) }, { cause: error });
    }
    this.#persistsMs.push(performance.now() - started);
    if (this.#persistsMs.length > MEASURES_KEPT) this.#persistsMs.shift();
    this.#records = next;
  }

  #serially(change: () => Promise<void>): Promise<void> {
    const run = this.#last.then(change, change);
    this.#last = run.catch(() => undefined);
    return run;
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
