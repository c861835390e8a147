import type { Worker } from 'node:worker_threads';
import { fromSerialized, GodwitError, problemOf } from '@godwit/errors';
import { LIMITS } from '@godwit/protocol';
import { HeldDescriptor, ThreadStock } from '@godwit/transport';
import { type WorkItems, type WorkKind, WorkList } from '../rounds/workList.js';
import { LaneCounters, type LaneTotals } from './laneCounters.js';
import type { LaneReport, LaneStart, LaneWork, Suspect } from './laneMessages.js';

interface Lane {
  readonly worker: Worker;
  readonly counters: LaneCounters;
  /** Resolves when nothing of it runs any more. */
  readonly close: () => Promise<void>;
  settle: ((suspects: readonly Suspect[]) => void) | undefined;
  /** How long its last pass took. */
  lastPassMs: number;
}

export type PoolStart = Omit<LaneStart, 'lane' | 'counters'>;

/** As many as a migration takes when nobody names a number. */
const SPARE_THREADS = 2;
/** Started ahead, as long as an agent keeps them. */
export const LANE_THREADS = new ThreadStock(new URL('./laneWorker.js', import.meta.url), 'lane', SPARE_THREADS);

/**
 * The lanes of one migration, seen from the main thread. Any lane's end is the pool's end: `lost`
 * rejects once, and the migration puts in-flight bits back (LaneImage maps outlive the threads).
 */
export class LanePool {
  /** Rejects with the reason when a lane is lost, or when the pool is closed; never resolves. */
  readonly lost: Promise<never>;
  readonly #lanes: Lane[] = [];
  #fail: (error: GodwitError) => void = () => undefined;
  #closing = false;
  #closed: Promise<void> | undefined;

  private constructor() {
    this.lost = new Promise((_, reject) => {
      this.#fail = reject;
    });
    // Whoever works with the pool races against `lost`; nobody may be listening yet.
    this.lost.catch(() => undefined);
  }

  /**
   * Starts `count` lanes and resolves when the destination has greeted every one. E_HELLO_TIMEOUT when it has
   * not in time; the signal's reason when it is aborted before. No thread is left behind a rejection.
   */
  static async open(
    count: number,
    start: PoolStart,
    signal?: AbortSignal,
    helloTimeoutMs: number = LIMITS.helloTimeoutMs,
  ): Promise<LanePool> {
    const pool = new LanePool();
    const abort = () => pool.#fail(reasonOf(signal));
    const late = () => pool.#fail(new GodwitError('E_HELLO_TIMEOUT', { timeoutMs: helloTimeoutMs }));
    const timer = setTimeout(late, helloTimeoutMs);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      if (signal?.aborted === true) abort();
      else await pool.#greeted(count, start);
      // Rejects when the pool was lost meanwhile.
      await Promise.race([pool.lost, Promise.resolve()]);
      return pool;
    } catch (error) {
      await pool.close();
      throw error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }

  get size(): number {
    return this.#lanes.length;
  }

  /** Runs a pass over all lanes; resolves when every frame of it is acknowledged. */
  async run(kind: WorkKind, round: number, items: WorkItems): Promise<Suspect[]> {
    if (items.length === 0) return [];
    const list = WorkList.of(items);
    const work: LaneWork = { kind, round, list: list.buffer };
    const done = this.#quickest(items.length).map((lane) => this.#runOn(lane, work));
    const suspects = await Promise.race([Promise.all(done), this.lost]);
    return suspects.flat();
  }

  /**
   * A small pass goes to the lanes that were quickest last: one region given to a lane on a slow path, time
   * and again because it is the first, once kept a migration from converging.
   */
  #quickest(count: number): Lane[] {
    return [...this.#lanes].sort((one, other) => one.lastPassMs - other.lastPassMs).slice(0, count);
  }

  async #runOn(lane: Lane, work: LaneWork): Promise<readonly Suspect[]> {
    const started = performance.now();
    const suspects = await new Promise<readonly Suspect[]>((resolve) => {
      lane.settle = resolve;
      lane.worker.postMessage(work);
    });
    lane.lastPassMs = performance.now() - started;
    return suspects;
  }

  /** Sums of all lanes' counters, now. */
  totals(): LaneTotals {
    const totals = LaneCounters.zero();
    for (const lane of this.#lanes) lane.counters.addTo(totals);
    return totals;
  }

  /** Ends all threads and their connections, and a pass that is under way; what was in flight stays in the maps. */
  close(): Promise<void> {
    // Once: a thread that was given back may be somebody else's by now.
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing = true;
    this.#fail(new GodwitError('E_CANCELLED', { reason: 'the lanes were closed' }));
    await Promise.all(this.#lanes.map((lane) => lane.close()));
    LANE_THREADS.refill();
  }

  async #greeted(count: number, start: PoolStart): Promise<void> {
    const ready = Array.from({ length: count }, (_, lane) => this.#start(lane, start));
    await Promise.race([Promise.all(ready), this.lost]);
  }

  #start(index: number, start: PoolStart): Promise<void> {
    const counters = new LaneCounters();
    const laneStart: LaneStart = { ...start, lane: index, counters: counters.buffer };
    const worker = LANE_THREADS.take(laneStart);
    let held: HeldDescriptor | undefined;
    const close = async () => {
      await LANE_THREADS.giveBack(worker);
      held?.release();
    };
    const lane: Lane = { worker, counters, close, settle: undefined, lastPassMs: 0 };
    this.#lanes.push(lane);
    const lose = (problem: string, cause?: unknown) => {
      if (!this.#closing) this.#fail(new GodwitError('E_LANE_LOST', { lane: index, problem }, { cause }));
    };
    worker.on('error', (error) => lose(problemOf(error), error));
    worker.on('exit', (code) => {
      held?.release();
      lose(`its thread ended (${code})`);
    });
    return new Promise((resolve) => {
      worker.on('message', (report: LaneReport) => {
        if (report.type === 'ready') {
          held = report.fd === undefined ? undefined : new HeldDescriptor(report.fd);
          resolve();
        } else if (report.type === 'failed') this.#fail(fromSerialized(report.error));
        else if (report.type === 'done') lane.settle?.(report.suspects);
      });
    });
  }
}

function reasonOf(signal: AbortSignal | undefined): GodwitError {
  const reason: unknown = signal?.reason;
  return reason instanceof GodwitError ? reason : new GodwitError('E_CANCELLED', { reason: 'while lanes were opened' });
}
