/**
 * The writer oracle: concurrent writers that record what was acknowledged, follow the image when it
 * moves, and can say afterwards whether the owner's bytes are a replay of it.
 */
import type { ByteSource } from './byteSource.js';
import { ContentPool, LONGEST_WRITE_BYTES } from './contentPool.js';
import { History, type IntendedWrite, type Operation, type Outcome } from './history.js';
import { type Pace, paced, UNPACED } from './pace.js';
import { RangeLocks } from './rangeLocks.js';
import { type ReplayReport, replay } from './replay.js';
import { SeededRandom } from './seededRandom.js';
import { httpTarget, type WriteAnswer, type WriteTarget } from './writeTarget.js';

const RETRY_MS = 5;

export interface OracleOptions {
  readonly seed: number;
  /** The image's address at its first owner, e.g. `http://127.0.0.1:7301/v1/images/disk`. */
  readonly url: string;
  readonly sizeBytes: number;
  /** Concurrent writers; 4 unless told. */
  readonly writers?: number;
  /** Of all writers together; unlimited unless told. */
  readonly rateBytesPerSec?: number;
  /** Writes stay within the first so many bytes. */
  readonly workingSetBytes?: number;
  /** This share of the operations stays within the first so many bytes. */
  readonly hot?: { readonly share: number; readonly bytes: number };
  /** Writes begin at multiples of this. */
  readonly alignBytes?: number;
  readonly longestWriteBytes?: number;
  readonly shortestWriteBytes?: number;
  /** Share of operations that are zero and discard, e.g. 0.05. */
  readonly zeroShare?: number;
  readonly discardShare?: number;
  readonly token?: string;
  readonly target?: WriteTarget;
}

export class WriterOracle {
  readonly history = new History();
  /** Refusals met, by code: what a test did not expect it asserts to be absent. */
  readonly refusals = new Map<string, string>();
  /** How often each retryable answer was met. */
  readonly retries = new Map<string, number>();
  readonly #options: OracleOptions;
  readonly #random: SeededRandom;
  readonly #pool: ContentPool;
  readonly #locks = new RangeLocks();
  readonly #pace: Pace;
  readonly #target: WriteTarget;
  #running: Promise<void>[] = [];
  #stopping = false;
  #sequence = 0;
  #url: string;
  #waiters: { readonly holds: () => boolean; readonly resolve: () => void }[] = [];

  constructor(options: OracleOptions) {
    this.#options = options;
    this.#url = options.url;
    this.#random = new SeededRandom(options.seed);
    this.#pool = new ContentPool(options.seed);
    this.#pace = options.rateBytesPerSec === undefined ? UNPACED : paced(options.rateBytesPerSec);
    this.#target = options.target ?? httpTarget(options.writers ?? 4, options.token);
  }

  /** Where writes go now: the source's URL until a writer was told that the image moved. */
  get url(): string {
    return this.#url;
  }

  start(): void {
    this.#stopping = false;
    this.#running = Array.from({ length: this.#options.writers ?? 4 }, () => this.#writeUntilStopped());
    // A writer that throws is reported by stop(); until then it must not end the test process.
    for (const running of this.#running) running.catch(() => undefined);
  }

  /** Ends the writers; writes in progress are waited for. Rejects when a writer broke. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#running);
    this.#target.close();
  }

  /** Resolves when so many more writes were acknowledged from now on. */
  acknowledged(count: number): Promise<void> {
    const goal = this.history.count('acknowledged') + count;
    return this.#when(() => this.history.count('acknowledged') >= goal);
  }

  /** Resolves when a write was acknowledged somewhere else than at the first owner. */
  followed(): Promise<void> {
    return this.#when(() => {
      const { latest } = this.history;
      return latest?.outcome === 'acknowledged' && !latest.target.startsWith(this.#options.url);
    });
  }

  /** Resolves when a writer was answered with this retryable code, e.g. E_COLD, once more. */
  retried(code: string): Promise<void> {
    const goal = (this.retries.get(code) ?? 0) + 1;
    return this.#when(() => (this.retries.get(code) ?? 0) >= goal);
  }

  /** Compares the owner's bytes with the replay; closes both sources. Call after stop(). */
  async verify(initial: ByteSource, actual: ByteSource): Promise<ReplayReport> {
    try {
      return await replay({ initial, actual, records: this.history.records, pool: this.#pool });
    } finally {
      await Promise.all([initial.close(), actual.close()]);
    }
  }

  /** As verify, against the writes only that one agent acknowledged: for its file after the image moved on. */
  async verifyPart(initial: ByteSource, actual: ByteSource, agentUrl: string): Promise<ReplayReport> {
    const records = this.history.records.filter(
      ({ target, outcome }) => outcome !== 'acknowledged' || target.startsWith(agentUrl),
    );
    try {
      return await replay({ initial, actual, records, pool: this.#pool });
    } finally {
      await Promise.all([initial.close(), actual.close()]);
    }
  }

  async #writeUntilStopped(): Promise<void> {
    while (!this.#stopping) {
      const draft = this.#draw();
      const held = this.#locks.tryTake(draft.offset, draft.length);
      if (held === undefined) {
        // Another writer is there; it ends with a turn of the event loop at the earliest.
        await new Promise((resolve) => setImmediate(resolve));
        continue;
      }
      await this.#pace.take(draft.length);
      const outcome = await this.#issue({ ...draft, sequence: ++this.#sequence });
      if (outcome !== 'unknown') this.#locks.release(held);
      this.#notify();
    }
  }

  #draw(): Omit<IntendedWrite, 'sequence'> {
    const { zeroShare = 0, discardShare = 0, alignBytes = 1 } = this.#options;
    const space = this.#space();
    const longest = Math.min(space, this.#options.longestWriteBytes ?? LONGEST_WRITE_BYTES);
    const shortest = Math.min(longest, this.#options.shortestWriteBytes ?? 1);
    // Lengths are spread over the orders of magnitude: as many of 1-15 bytes as of 16-255.
    const length = Math.min(
      longest,
      Math.max(shortest, Math.floor(2 ** (this.#random.unit() * Math.log2(longest + 1)))),
    );
    const kind = this.#random.unit();
    const operation: Operation = kind < zeroShare ? 'zero' : kind < zeroShare + discardShare ? 'discard' : 'write';
    const offset = this.#random.below(space - length + 1);
    return { operation, length, offset: offset - (offset % alignBytes) };
  }

  /** Where the next operation may fall. */
  #space(): number {
    const { sizeBytes, workingSetBytes = sizeBytes, hot } = this.#options;
    const space = Math.min(sizeBytes, workingSetBytes);
    // Nothing is drawn for workloads without hot bytes: what their seeds give stays as it was.
    return hot !== undefined && this.#random.unit() < hot.share ? Math.min(space, hot.bytes) : space;
  }

  /** One operation until its outcome is known, across retries and moves. */
  async #issue(intended: IntendedWrite): Promise<Outcome> {
    const content = this.#pool.bytesOf(intended.sequence, intended.length);
    const sentAtMs = performance.now();
    for (;;) {
      const url = this.#url;
      const answer = await this.#target.write(url, intended, content);
      const outcome = this.#outcomeOf(answer);
      if (outcome !== undefined) {
        this.history.add({ ...intended, outcome, sentAtMs, answeredAtMs: performance.now(), target: url });
        return outcome;
      }
      if (answer.kind === 'retry') await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  /** Undefined: to be tried again. */
  #outcomeOf(answer: WriteAnswer): Outcome | undefined {
    switch (answer.kind) {
      case 'acknowledged':
        return 'acknowledged';
      case 'moved':
        this.#url = answer.location;
        return undefined;
      case 'retry':
        this.retries.set(answer.code, (this.retries.get(answer.code) ?? 0) + 1);
        this.#notify();
        return this.#stopping ? 'refused' : undefined;
      case 'refused':
        this.refusals.set(answer.code, answer.message);
        return 'refused';
      case 'unknown':
        return 'unknown';
    }
  }

  #when(holds: () => boolean): Promise<void> {
    if (holds()) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ holds, resolve }));
  }

  #notify(): void {
    if (this.#waiters.length === 0) return;
    const met = this.#waiters.filter((waiter) => waiter.holds());
    this.#waiters = this.#waiters.filter((waiter) => !met.includes(waiter));
    for (const waiter of met) waiter.resolve();
  }
}
