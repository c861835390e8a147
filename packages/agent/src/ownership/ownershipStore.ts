import { randomBytes } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { GodwitError, problemOf } from '@godwit/errors';
import { lockExclusively } from '@godwit/native';
import { makeFolder } from './makeFolder.js';
import { encodeContent, type OwnershipContent } from './recordContent.js';
import { type RecordDisk, systemDisk } from './recordDisk.js';
import { RecordFile, readRecords } from './recordFile.js';
import { checkTransition, type OwnerRecord } from './records.js';

const MEASURES_KEPT = 4;
/** Outcomes that are remembered: a source asks about its last handover, not about one of a thousand ago. */
const OUTCOMES_KEPT = 1024;
/** After the last change; long after a pause, soon beside what it takes a disk to lose a block. */
const MIRROR_AFTER_MS = 1000;
/** The mirror is no hurry: it makes room that records of a pause may take. */
const MIRROR_ROOM = 2;

/**
 * The ownership records of one agent, all images in one file so that several change hands at one
 * instant. A change is on disk before `update` resolves, and only then visible to `get`.
 *
 * Soon after a change the records are written once more, into the other slot of the file (recordSlots.ts): until then a
 * block that the disk loses would bring back the record before, an OWNER where RELEASED stood.
 */
export class OwnershipStore {
  readonly #path: string;
  readonly #file: RecordFile;
  readonly #lock: number;
  /** Tells this agent from others, for as long as its state directory lives. */
  readonly identity: string;
  #records: ReadonlyMap<string, OwnerRecord>;
  #outcomes: ReadonlyMap<string, 'owner' | 'aborted'>;
  #last: Promise<unknown> = Promise.resolve();
  readonly #persistsMs: number[] = [];
  #mirror: NodeJS.Timeout | undefined;
  #isClosed = false;

  private constructor(path: string, lock: number, disk: RecordDisk, content: OwnershipContent | undefined) {
    this.#path = path;
    this.#file = new RecordFile(path, disk);
    this.#lock = lock;
    this.identity = content?.identity ?? randomBytes(12).toString('hex');
    this.#records = new Map(content?.records.map((record) => [record.name, record]));
    this.#outcomes = new Map(content?.outcomes.map(({ migration, outcome }) => [migration, outcome]));
  }

  /**
   * Opens (and makes) the state directory and holds it for this process alone. E_STATE_DIR when it
   * cannot be used or another agent holds it, E_STATE_CORRUPT when its record is damaged. What was read is
   * written anew before it resolves: a record that is seen is not yet one that is on disk (recordFile.ts), and
   * the identity must outlive a crash before the first change.
   */
  static async open(stateDir: string, disk: RecordDisk = systemDisk): Promise<OwnershipStore> {
    const lock = await lockFolder(stateDir);
    try {
      const path = join(stateDir, 'ownership.json');
      const store = new OwnershipStore(path, lock, disk, readRecords(path, disk));
      store.#write(store.#records, store.#outcomes, MIRROR_ROOM);
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
    return this.#serially(() => this.#persist(this.#records, this.#outcomes, MIRROR_ROOM));
  }

  get(name: string): OwnerRecord | undefined {
    return this.#records.get(name);
  }

  all(): OwnerRecord[] {
    return [...this.#records.values()];
  }

  /** Puts records on disk, all or none; every one must be a permitted change (records.ts). */
  update(changes: readonly OwnerRecord[]): Promise<void> {
    return this.#serially(() => {
      const next = new Map(this.#records);
      const outcomes = new Map(this.#outcomes);
      for (const change of changes) {
        const before = next.get(change.name);
        checkTransition(before, change);
        next.set(change.name, change);
        // A source that reclaims becomes owner, too; that is no outcome of a destination.
        if (before?.role !== 'sealed' && before?.role !== 'owner') rememberOutcome(outcomes, change);
      }
      this.#persist(next, outcomes, 1);
      clearTimeout(this.#mirror);
      this.#mirror = setTimeout(() => this.#writeMirror(), MIRROR_AFTER_MS).unref();
    });
  }

  /** How a migration ended at this destination; undefined when it did not, or is not known. */
  outcomeOf(migration: string): 'owner' | 'aborted' | undefined {
    return this.#outcomes.get(migration);
  }

  /** Lets the directory go. */
  async close(): Promise<void> {
    await this.#last.catch(() => undefined);
    this.#isClosed = true;
    if (this.#mirror !== undefined) this.#writeMirror();
    this.#file.close();
    closeSync(this.#lock);
  }

  #writeMirror(): void {
    clearTimeout(this.#mirror);
    this.#mirror = undefined;
    try {
      this.#persist(this.#records, this.#outcomes, MIRROR_ROOM);
    } catch {
      // The records themselves are on disk. The next change writes a new file, or says what is wrong.
    }
  }

  #persist(
    next: ReadonlyMap<string, OwnerRecord>,
    outcomes: ReadonlyMap<string, 'owner' | 'aborted'>,
    room: number,
  ): void {
    const started = performance.now();
    this.#write(next, outcomes, room);
    this.#persistsMs.push(performance.now() - started);
    if (this.#persistsMs.length > MEASURES_KEPT) this.#persistsMs.shift();
    this.#records = next;
    this.#outcomes = outcomes;
  }

  #write(
    records: ReadonlyMap<string, OwnerRecord>,
    outcomes: ReadonlyMap<string, 'owner' | 'aborted'>,
    room: number,
  ): void {
    const content = encodeContent({
      identity: this.identity,
      records: [...records.values()],
      outcomes: [...outcomes].map(([migration, outcome]) => ({ migration, outcome })),
    });
    try {
      this.#file.write(content, room);
    } catch (error) {
      if (error instanceof GodwitError) throw error;
      throw new GodwitError('E_STATE_DIR', { path: this.#path, problem: problemOf(error) }, { cause: error });
    }
  }

  #serially(change: () => void): Promise<void> {
    const act = (): void => {
      // The lock has been let go: the file may be another agent's.
      if (this.#isClosed) throw new GodwitError('E_SHUTDOWN');
      change();
    };
    const run = this.#last.then(act, act);
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
