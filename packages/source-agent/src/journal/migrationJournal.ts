import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Logger, type MigrationRequest, replaceFile, syncFolderOf } from '@godwit/agent';
import { GodwitError, problemOf } from '@godwit/errors';
import { faultPoint } from '@godwit/faults';

const FORMAT = 1;
const ENDING = '.json';

/** What has to be known to go on with a migration after this process. */
export interface JournalEntry {
  readonly id: string;
  readonly request: MigrationRequest;
  /** The number of the last offer that may have been made. */
  readonly attempts: number;
  /** ISO 8601. */
  readonly startedAt: string;
}

/**
 * The migrations of a source that have been offered and are neither over nor known to be sealed: a file for each,
 * STATE/migrations/ID.json, with a checksum, replaced atomically (write, fsync, rename, fsync of the folder). Who owns
 * stands in the ownership records alone; this says what is to be gone on with while the source owns.
 */
export class MigrationJournal {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @throws GodwitError E_STATE_DIR */
  static open(stateDir: string): MigrationJournal {
    const folder = join(stateDir, 'migrations');
    try {
      mkdirSync(folder, { mode: 0o700 });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw stateDirError(folder, error);
    }
    return new MigrationJournal(folder);
  }

  /** What earlier lives left. One that is damaged is said in the log and left where it is: nothing is assumed from it. */
  entries(logger: Logger): JournalEntry[] {
    const entries: JournalEntry[] = [];
    for (const name of readdirSync(this.#folder)) {
      if (!name.endsWith(ENDING)) continue;
      const path = join(this.#folder, name);
      try {
        entries.push(decode(path, readFileSync(path, 'utf8')));
      } catch (error) {
        logger.error({ path, reason: problemOf(error) }, 'a migration of an earlier life cannot be gone on with');
      }
    }
    return entries;
  }

  /** On disk when it returns. @throws GodwitError E_STATE_DIR */
  write(entry: JournalEntry): void {
    const path = this.#path(entry.id);
    try {
      faultPoint('source.journal.write');
      replaceFile(path, encode(entry), { onWritten: () => faultPoint('source.journal.written') });
      faultPoint('source.journal.renamed');
    } catch (error) {
      throw stateDirError(path, error);
    }
  }

  /** The migration is over. What cannot be removed is found by the next start, which sees that it is over. */
  remove(id: string, logger: Logger): void {
    try {
      rmSync(this.#path(id), { force: true });
      syncFolderOf(this.#path(id));
      faultPoint('source.journal.removed');
    } catch (error) {
      logger.warn({ migration: id, reason: problemOf(error) }, 'its journal could not be removed');
    }
  }

  #path(id: string): string {
    return join(this.#folder, `${id}${ENDING}`);
  }
}

function encode(entry: JournalEntry): string {
  const content = JSON.stringify(entry);
  return JSON.stringify({ format: FORMAT, sha256: sha256(content), content });
}

function decode(path: string, text: string): JournalEntry {
  const damaged = (problem: string) => new GodwitError('E_STATE_CORRUPT', { path, problem });
  const document: unknown = JSON.parse(text);
  if (typeof document !== 'object' || document === null) throw damaged('no record');
  const { format, sha256: sum, content }: { format?: unknown; sha256?: unknown; content?: unknown } = document;
  if (format !== FORMAT || typeof content !== 'string') throw damaged('unknown form');
  if (sha256(content) !== sum) throw damaged('checksum differs');
  const entry: JournalEntry = JSON.parse(content);
  return entry;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function stateDirError(path: string, cause: unknown): GodwitError {
  return new GodwitError('E_STATE_DIR', { path, problem: problemOf(cause) }, { cause });
}
