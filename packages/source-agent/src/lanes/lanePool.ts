import { availableParallelism } from 'node:os';
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

/**
 * Lanes when the user names no number, at first. One keeps a processor busy; where there are two at all, the other is
 * the workload's.
 */
export const DEFAULT_LANES = availableParallelism() > 2 ? 2 : 1;
/** Started ahead, as long as an agent keeps them. */
export const LANE_THREADS = new ThreadStock(new URL('./laneWorker.js', import.meta.url), 'lane', DEFAULT_LANES);

/**
 * The lanes of one migration, seen from the main thread. Any lane's end is the pool's end: `lost`
 * rejects once, and the migration puts in-flight bits back (LaneImage maps outlive the threads).
 */
export class LanePool {
  /** Rejects with the reason when a lane is lost, or when the pool is closed; never resolves. */
  readonly lost: Promise<never>;
  readonly #lanes: Lane[] = [];
  /** Those that are being opened, too. */
  readonly #open = new Set<Lane>();
  readonly #start: PoolStart;
  /** What lanes of the migration's earlier links counted. */
  readonly #before: LaneTotals;
  /** The pass under way: a lane that is opened meanwhile joins it. */
  #pass: { readonly work: LaneWork; readonly running: Promise<readonly Suspect[]>[] } | undefined;
  #fail: (error: GodwitError) => void = () => undefined;
  #closing = false;
  #closed: Promise<void> | undefined;

  private constructor(start: PoolStart, before: LaneTotals) {
    this.#start = start;
    this.#before = before;
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
    before: LaneTotals = LaneCounters.zero(),
  ): Promise<LanePool> {
    const pool = new LanePool(start, before);
    const abort = () => pool.#fail(reasonOf(signal));
    const late = () => pool.#fail(new GodwitError('E_HELLO_TIMEOUT', { timeoutMs: helloTimeoutMs }));
    const timer = setTimeout(late, helloTimeoutMs);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      if (signal?.aborted === true) abort();
      else await pool.#greeted(count);
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

  /** Runs a pass over all lanes; resolves when every frame of it is acknowledged. `isLastReading`: see LaneWork. */
  async run(kind: WorkKind, round: number, items: WorkItems, isLastReading = false): Promise<Suspect[]> {
    if (items.length === 0) return [];
    // Its threads may be somebody else's by now.
    if (this.#closing) return this.lost;
    const list = WorkList.of(items);
    const work: LaneWork = { kind, round, list: list.buffer, isLastReading };
    const pass = { work, running: this.#quickest(items.length).map((lane) => this.#runOn(lane, work)) };
    this.#pass = pass;
    const suspects: Suspect[] = [];
    // By index: lanes may join until the last one of those before has ended.
    for (let lane = 0; lane < pass.running.length; lane++) {
      suspects.push(...(await Promise.race([pass.running[lane] ?? [], this.lost])));
    }
    this.#pass = undefined;
    return suspects;
  }

  /** Opens one lane more, which joins the pass under way. False, and nothing has changed, when it could not be opened. */
  async grow(): Promise<boolean> {
    // The last sample of a pass that ended with the pool: a lane opened now would be closed by nobody.
    if (this.#closing) return false;
    const { lane, ready } = this.#make(this.#lanes.length, true);
    const isReady = await Promise.race([ready, this.lost]);
    if (!isReady) {
      this.#open.delete(lane);
      await lane.close();
      return false;
    }
    this.#lanes.push(lane);
    const pass = this.#pass;
    if (pass !== undefined) pass.running.push(this.#runOn(lane, pass.work));
    return true;
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

  /** Sums of all lanes' counters, now, those of earlier links included. */
  totals(): LaneTotals {
    const totals = { ...this.#before };
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
    await Promise.all([...this.#open].map((lane) => lane.close()));
    LANE_THREADS.refill();
  }

  async #greeted(count: number): Promise<void> {
    const opened = Array.from({ length: count }, (_, index) => this.#make(index, false));
    this.#lanes.push(...opened.map(({ lane }) => lane));
    await Promise.race([Promise.all(opened.map(({ ready }) => ready)), this.lost]);
  }

  /** One that is `optional` and cannot be opened says so by `ready`; any other end of a lane is the pool's. */
  #make(index: number, optional: boolean): { lane: Lane; ready: Promise<boolean> } {
    const counters = new LaneCounters();
    const laneStart: LaneStart = { ...this.#start, lane: index, counters: counters.buffer };
    const worker = LANE_THREADS.take(laneStart);
    let held: HeldDescriptor | undefined;
    const close = async () => {
      await LANE_THREADS.giveBack(worker);
      held?.release();
    };
    const lane: Lane = { worker, counters, close, settle: undefined, lastPassMs: 0 };
    this.#open.add(lane);
    let tell: (isReady: boolean) => void = () => undefined;
    const ready = new Promise<boolean>((resolve) => {
      tell = resolve;
    });
    let isOptional = optional;
    const fail = (error: GodwitError) => {
      if (isOptional) tell(false);
      else if (!this.#closing) this.#fail(error);
    };
    const lose = (problem: string, cause?: unknown) =>
      fail(new GodwitError('E_LANE_LOST', { lane: index, problem }, { cause }));
    worker.on('error', (error) => lose(problemOf(error), error));
    worker.on('exit', (code) => {
      held?.release();
      lose(`its thread ended (${code})`);
    });
    worker.on('message', (report: LaneReport) => {
      if (report.type === 'ready') {
        held = report.fd === undefined ? undefined : new HeldDescriptor(report.fd);
        isOptional = false;
        tell(true);
      } else if (report.type === 'failed') fail(fromSerialized(report.error));
      else if (report.type === 'done') lane.settle?.(report.suspects);
    });
    return { lane, ready };
  }
}

function reasonOf(signal: AbortSignal | undefined): GodwitError {
  const reason: unknown = signal?.reason;
  return reason instanceof GodwitError ? reason : new GodwitError('E_CANCELLED', { reason: 'while lanes were opened' });
}
