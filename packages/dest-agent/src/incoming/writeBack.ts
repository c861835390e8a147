import { GodwitError } from '@godwit/errors';
import type { Copies } from './copies.js';

/** What puts received data on disk: one round's at a time, and all of it ended before another link begins. */
export class WriteBack {
  readonly #copies: Pick<Copies, 'sync'>;
  #isSyncing = false;
  #ended: Promise<unknown> = Promise.resolve();

  constructor(copies: Pick<Copies, 'sync'>) {
    this.#copies = copies;
  }

  /** Resolves when what is under way now has ended; never rejects. */
  get ended(): Promise<unknown> {
    return this.#ended;
  }

  /** Counts as under way until it ends. */
  keep(work: Promise<void>): Promise<void> {
    this.#ended = Promise.all([this.#ended, work.catch(() => undefined)]);
    return work;
  }

  /** Writes back what a round brought; resolves with the milliseconds it took. E_PROTOCOL while an earlier one is under way. */
  async round(): Promise<number> {
    if (this.#isSyncing) throw new GodwitError('E_PROTOCOL', { problem: 'RoundEnd before the last was answered' });
    const started = performance.now();
    this.#isSyncing = true;
    await this.keep(this.#copies.sync());
    this.#isSyncing = false;
    return performance.now() - started;
  }

  /** Another link begins: no answer is owed any more. */
  restart(): void {
    this.#isSyncing = false;
  }
}
