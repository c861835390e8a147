import { GodwitError, problemOf } from '@godwit/errors';
import { faultPoint } from '@godwit/faults';
import { DirtyRecord } from '@godwit/image';
import { Held, type HeldCopy } from '@godwit/protocol';
import type { Attempt } from './attempt.js';
import type { MigrationMeter } from './meter.js';
import type { MigrationParts } from './migrationParts.js';
import type { Task } from './passes.js';

/**
 * How far a migration has come, as far as it outlives a link and this process: which copies at the destination have what is
 * not marked, in memory and on record (DirtyRecord, MigrationJournal).
 */
export class Standing {
  readonly #parts: MigrationParts;
  /** Of each image, the copy that has what is neither dirty nor in flight; empty: none is known. */
  readonly #known: string[];
  /** The maps begin empty: what is proven was forgotten with the last process. */
  #isNewLife: boolean;
  #records: DirtyRecord[];
  #attempts: number;
  #wasAccepted: boolean;

  constructor(parts: MigrationParts) {
    this.#parts = parts;
    this.#records = [...(parts.resumed?.records ?? [])];
    this.#known = parts.images.map((_, index) => this.#records[index]?.about ?? '');
    this.#isNewLife = parts.resumed !== undefined;
    this.#attempts = parts.resumed?.attempts ?? 0;
    this.#wasAccepted = parts.resumed !== undefined;
  }

  /** There is, or may be, something of this migration at the destination. */
  get wasAccepted(): boolean {
    return this.#wasAccepted;
  }

  /** The number of the offer that is about to be made; on record. A patience of 0 leaves no record. @throws GodwitError E_STATE_DIR */
  nextAttempt(): number {
    const { id, request, journal, resumed } = this.#parts;
    const attempts = this.#attempts + 1;
    if (request.patienceMs > 0) {
      journal.write({ id, request, attempts, startedAt: (resumed?.startedAt ?? new Date()).toISOString() });
    }
    this.#attempts = attempts;
    return attempts;
  }

  /** A link is there: marks what it has to carry, by what the destination has and what is known of it. */
  async begin(attempt: Attempt, meter: MigrationMeter): Promise<void> {
    const { images, request, logger, id } = this.#parts;
    const { copies } = attempt.link;
    this.#wasAccepted = true;
    if (this.#records.length === 0 && request.patienceMs > 0 && copies !== undefined) await this.#beginRecords();
    const tasks = images.map((_, index) => taskFor(copies?.[index], this.#known[index] ?? '', this.#isNewLife));
    if (this.#attempts > 1) logger.info({ migration: id, attempt: this.#attempts, tasks }, 'going on');
    this.#isNewLife = false;
    meter.phase = 'looking for holes';
    await attempt.guard(attempt.passes.begin(tasks));
    faultPoint('source.begin.marked');
    for (const [index] of images.entries()) {
      const copy = copies?.[index]?.copy ?? '';
      this.#known[index] = copy;
      await attempt.guard(this.#records[index]?.knows(copy) ?? Promise.resolve());
    }
    faultPoint('source.begin.known');
  }

  /** The migration is over: nothing is left of it. Never rejects: what stays is found, and removed, by the next start. */
  async end(): Promise<void> {
    const { journal, logger, recoveryOf, id } = this.#parts;
    // First: from here on writes may go unrecorded, and no later life is to go on.
    journal.remove(recoveryOf ?? id, logger);
    faultPoint('source.end.journal-removed');
    for (const record of this.#records.splice(0)) {
      await record.end().catch((error: unknown) => {
        logger.warn({ migration: id, reason: problemOf(error) }, 'the record of what was written stays');
      });
    }
  }

  async #beginRecords(): Promise<void> {
    const records: DirtyRecord[] = [];
    for (const image of this.#parts.images) {
      const { log } = image.maps;
      if (log === undefined) throw new GodwitError('E_INTERNAL', { problem: `${image.name} keeps no record` });
      const record = await DirtyRecord.begin(image, log);
      records.push(record);
      if (record.isSound) continue;
      const { logger, id } = this.#parts;
      logger.warn({ migration: id, image: image.name }, 'what is written cannot be recorded; a restart would compare');
    }
    this.#records = records;
  }
}

/** What is to be done with an image, by what the destination says it has and what is known of that. */
export function taskFor(copy: HeldCopy | undefined, known: string, isNewLife: boolean): Task {
  if (copy === undefined || copy.held === Held.nothing) return 'send';
  if (known === '' || copy.copy !== known || copy.held === Held.something) return 'compare';
  // What is proven is so of both lives: a restart of either side has it proven again.
  return isNewLife || copy.held === Held.survived ? 'prove' : 'go on';
}
