import type net from 'node:net';
import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { fromSerialized, GodwitError, toGodwitError } from '@godwit/errors';
import {
  FrameSocket,
  type Greeted,
  type HeldDescriptor,
  heldDescriptorOf,
  ThreadStock,
  turnAway,
} from '@godwit/transport';
import type { LaneReport, LaneStart, LaneWorkerData } from './laneMessages.js';
import { openLane } from './openLane.js';

/** As many as a source with as many processors takes when nobody names a number. */
const SPARE_THREADS = availableParallelism() > 2 ? 2 : 1;
/** Started ahead, as long as an agent keeps them. */
export const LANE_THREADS = new ThreadStock(new URL('./laneWorker.js', import.meta.url), 'lane', SPARE_THREADS);

interface RunningLane {
  close(): Promise<void>;
}

/**
 * The lanes of one incoming migration. A greeted connection goes to a worker thread: its descriptor
 * is duplicated, the socket of this thread destroyed (which does not shut the connection down, for
 * the duplicate holds it). The duplicate is closed here when the thread has ended, however it did. Where
 * descriptors cannot be had, the lane runs in this thread.
 */
export class LaneHost {
  readonly #lanes = new Map<number, RunningLane>();
  readonly #onLost: (error: GodwitError) => void;
  #closing = false;
  #closed: Promise<void> = Promise.resolve();

  /** `onLost` is told of every lane that ends before `close`. */
  constructor(onLost: (error: GodwitError) => void) {
    this.#onLost = onLost;
  }

  has(lane: number): boolean {
    return this.#lanes.has(lane);
  }

  /** Takes the connection over. */
  attach({ socket }: Greeted, start: LaneStart): void {
    const held = heldDescriptorOf(socket);
    if (held === undefined) this.#runHere(socket, start);
    else {
      socket.destroy();
      this.#runInWorker({ ...start, fd: held.fd }, held);
    }
  }

  /** Ends every lane; resolves when none can write any more. */
  async close(): Promise<void> {
    this.#closing = true;
    const lanes = [...this.#lanes.values()];
    // A thread that was given back may be somebody else's by now: nobody closes it a second time.
    this.#lanes.clear();
    this.#closed = Promise.all([this.#closed, ...lanes.map((lane) => lane.close())]).then(() => undefined);
    await this.#closed;
    LANE_THREADS.refill();
  }

  #runInWorker(data: LaneWorkerData, held: HeldDescriptor): void {
    let worker: Worker;
    try {
      worker = LANE_THREADS.take(data);
    } catch (error) {
      held.release();
      throw error;
    }
    worker.on('message', (report: LaneReport) => {
      if (this.#closing) return;
      this.#lost(data.lane, report.error === undefined ? undefined : fromSerialized(report.error));
    });
    worker.on('error', (error) => this.#lost(data.lane, toGodwitError(error)));
    worker.on('exit', (code) => {
      held.release();
      this.#lost(data.lane, new GodwitError('E_LANE_LOST', { lane: data.lane, problem: `thread ended (${code})` }));
    });
    this.#lanes.set(data.lane, {
      close: async () => {
        await LANE_THREADS.giveBack(worker);
        held.release();
      },
    });
  }

  #runHere(socket: net.Socket, start: LaneStart): void {
    let frames: FrameSocket | undefined;
    const take = (options: Parameters<typeof FrameSocket.wrap>[1]) => FrameSocket.wrap(socket, options);
    const opened = openLane(start, take, (error) => this.#lost(start.lane, error)).then(
      (made) => {
        frames = made;
        if (this.#closing) made.destroy();
      },
      (error: unknown) => {
        turnAway(socket, toGodwitError(error));
        this.#lost(start.lane, toGodwitError(error));
      },
    );
    this.#lanes.set(start.lane, {
      close: async () => {
        await opened;
        frames?.destroy();
      },
    });
  }

  #lost(lane: number, error: GodwitError | undefined): void {
    if (this.#closing) return;
    this.#onLost(error ?? new GodwitError('E_LANE_LOST', { lane, problem: 'the source closed it' }));
  }
}
