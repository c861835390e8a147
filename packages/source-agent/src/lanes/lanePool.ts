import { Worker } from 'node:worker_threads';
import { fromSerialized, GodwitError, problemOf } from '@godwit/errors';
import { type WorkItem, type WorkKind, WorkList } from '../rounds/workList.js';
import { LaneCounters, type LaneTotals } from './laneCounters.js';
import type { LaneReport, LaneStart, LaneWork, Suspect } from './laneMessages.js';

interface Lane {
  readonly worker: Worker;
  readonly counters: LaneCounters;
  settle: ((suspects: readonly Suspect[]) => void) | undefined;
}

/**
 * The lanes of one migration, seen from the main thread. Any lane's end is the pool's end: `lost`
 * rejects once, and the migration puts in-flight bits back (LaneImage maps outlive the threads).
 */
export class LanePool {
  /** Rejects with the reason when a lane is lost; never resolves. */
  readonly lost: Promise<never>;
  readonly #lanes: Lane[] = [];
  #fail: (error: GodwitError) => void = () => undefined;
  #closing = false;

  private constructor() {
    this.lost = new Promise((_, reject) => {
      this.#fail = reject;
    });
    // Whoever works with the pool races against `lost`; nobody may be listening yet.
    this.lost.catch(() => undefined);
  }

  /** Starts `count` lanes and resolves when the destination has greeted every one. */
  static async open(count: number, start: Omit<LaneStart, 'lane' | 'counters'>): Promise<LanePool> {
    const pool = new LanePool();
    const ready = Array.from({ length: count }, (_, lane) => pool.#start(lane, start));
    try {
      await Promise.race([Promise.all(ready), pool.lost]);
      return pool;
    } catch (error) {
      await pool.close();
      throw error;
    }
  }

  get size(): number {
    return this.#lanes.length;
  }

  /** Runs a pass over all lanes; resolves when every frame of it is acknowledged. */
  async run(kind: WorkKind, round: number, items: readonly WorkItem[]): Promise<Suspect[]> {
    if (items.length === 0) return [];
    const list = WorkList.of(items);
    const work: LaneWork = { kind, round, list: list.buffer };
    const done = this.#lanes.slice(0, items.length).map(
      (lane) =>
        new Promise<readonly Suspect[]>((resolve) => {
          lane.settle = resolve;
          lane.worker.postMessage(work);
        }),
    );
    const suspects = await Promise.race([Promise.all(done), this.lost]);
    return suspects.flat();
  }

  /** Sums of all lanes' counters, now. */
  totals(): LaneTotals {
    const totals = LaneCounters.zero();
    for (const lane of this.#lanes) lane.counters.addTo(totals);
    return totals;
  }

  /** Ends all threads and their connections; what was in flight stays in the maps. */
  async close(): Promise<void> {
    this.#closing = true;
    await Promise.all(this.#lanes.map((lane) => lane.worker.terminate()));
  }

  #start(index: number, start: Omit<LaneStart, 'lane' | 'counters'>): Promise<void> {
    const counters = new LaneCounters();
    const workerData: LaneStart = { ...start, lane: index, counters: counters.buffer };
    const worker = new Worker(new URL('./laneWorker.js', import.meta.url), { workerData, name: `lane ${index}` });
    const lane: Lane = { worker, counters, settle: undefined };
    this.#lanes.push(lane);
    const lose = (problem: string, cause?: unknown) => {
      if (!this.#closing) this.#fail(new GodwitError('E_LANE_LOST', { lane: index, problem }, { cause }));
    };
    worker.on('error', (error) => lose(problemOf(error), error));
    worker.on('exit', (code) => lose(`its thread ended (${code})`));
    return new Promise((resolve) => {
      worker.on('message', (report: LaneReport) => {
        if (report.type === 'ready') resolve();
        else if (report.type === 'failed') this.#fail(fromSerialized(report.error));
        else lane.settle?.(report.suspects);
      });
    });
  }
}
