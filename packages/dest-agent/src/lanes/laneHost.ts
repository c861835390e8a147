import type net from 'node:net';
import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { fromSerialized, GodwitError, toGodwitError } from '@godwit/errors';
import { LIMITS } from '@godwit/protocol';
import {
  FrameSocket,
  type Greeted,
  type HeldDescriptor,
  heldDescriptorOf,
  ThreadStock,
  turnAway,
  type Unproven,
} from '@godwit/transport';
import type { LaneReport, LaneStart, LaneVerdict, LaneWorkerData } from './laneMessages.js';
import { openLane } from './openLane.js';
import { laneTaken, proveLane } from './proveLane.js';

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
 *
 * A connection that has asked for TLS is no lane before it has proven to be one, and until then nothing that becomes of
 * it is the migration's loss. Its descriptor is its thread's.
 */
export class LaneHost {
  readonly #lanes = new Map<number, RunningLane>();
  readonly #candidates = new Set<RunningLane>();
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

  /** Takes the connection over. E_TOO_MANY when too many are proving what they are. */
  attach({ socket, unproven }: Greeted, start: LaneStart): void {
    if (unproven !== undefined && this.#candidates.size >= LIMITS.lanes) {
      throw new GodwitError('E_TOO_MANY', { what: 'connections that want to be lanes', limit: LIMITS.lanes });
    }
    const held = heldDescriptorOf(socket);
    if (held === undefined) this.#runHere(socket, start, unproven);
    else {
      socket.destroy();
      this.#runInWorker({ ...start, fd: held.fd }, held, unproven);
    }
  }

  /** Ends every lane; resolves when none can write any more. */
  async close(): Promise<void> {
    this.#closing = true;
    const lanes = [...this.#lanes.values(), ...this.#candidates];
    // A thread that was given back may be somebody else's by now: nobody closes it a second time.
    this.#lanes.clear();
    this.#candidates.clear();
    this.#closed = Promise.all([this.#closed, ...lanes.map((lane) => lane.close())]).then(() => undefined);
    await this.#closed;
    LANE_THREADS.refill();
  }

  #runInWorker(data: LaneWorkerData, held: HeldDescriptor, unproven: Unproven | undefined): void {
    let worker: Worker;
    try {
      worker = LANE_THREADS.take(data);
    } catch (error) {
      held.release();
      throw error;
    }
    const running = {
      close: async () => {
        await LANE_THREADS.giveBack(worker);
        held.release();
        unproven?.settled();
      },
    };
    const over = (error: GodwitError | undefined) => this.#over(data.lane, running, error, unproven);
    worker.on('message', (report: LaneReport) => {
      if (report.type === 'adopted') held.passOn();
      else if (report.type === 'proven') {
        // One that is no candidate any more has been told to rest: a verdict behind that would be its next owner's.
        if (this.#candidates.has(running)) worker.postMessage(this.#admit(data.lane, running, unproven));
      } else over(report.error === undefined ? undefined : fromSerialized(report.error));
    });
    worker.on('error', (error) => over(toGodwitError(error)));
    worker.on('exit', (code) => {
      held.release();
      over(new GodwitError('E_LANE_LOST', { lane: data.lane, problem: `thread ended (${code})` }));
    });
    this.#add(data.lane, running, unproven);
  }

  #runHere(socket: net.Socket, start: LaneStart, unproven: Unproven | undefined): void {
    let frames: FrameSocket | undefined;
    let open = socket;
    const prove = async () => {
      if (start.proof === undefined) return;
      open = await proveLane(socket, start.proof);
      if (this.#admit(start.lane, running, unproven) === 'taken') throw laneTaken(start.lane);
    };
    const take = (options: Parameters<typeof FrameSocket.wrap>[1]) => FrameSocket.wrap(open, options);
    const opened = prove()
      .then(() => openLane(start, take, (error) => this.#over(start.lane, running, error, unproven)))
      .then(
        (made) => {
          frames = made;
          if (this.#closing) made.destroy();
        },
        (error: unknown) => {
          // proveLane has told its source already.
          if (start.proof === undefined || open !== socket) turnAway(open, toGodwitError(error));
          this.#over(start.lane, running, toGodwitError(error), unproven);
        },
      );
    const running = {
      close: async () => {
        if (start.proof !== undefined) socket.destroy();
        await opened;
        frames?.destroy();
        unproven?.settled();
      },
    };
    this.#add(start.lane, running, unproven);
  }

  #add(lane: number, running: RunningLane, unproven: Unproven | undefined): void {
    if (unproven === undefined) this.#lanes.set(lane, running);
    else this.#candidates.add(running);
  }

  /** A candidate has shown all that there is to show. */
  #admit(lane: number, running: RunningLane, unproven: Unproven | undefined): LaneVerdict {
    if (!this.#candidates.has(running) || this.#lanes.has(lane)) return 'taken';
    this.#candidates.delete(running);
    this.#lanes.set(lane, running);
    unproven?.settled();
    return 'go';
  }

  #over(lane: number, running: RunningLane, error: GodwitError | undefined, unproven: Unproven | undefined): void {
    if (this.#closing) return;
    if (this.#candidates.delete(running)) {
      unproven?.settled(error ?? new GodwitError('E_LANE_LOST', { lane, problem: 'it left' }));
      this.#closed = Promise.all([this.#closed, running.close()]).then(() => undefined);
      return;
    }
    if (this.#lanes.get(lane) !== running) return;
    this.#onLost(error ?? new GodwitError('E_LANE_LOST', { lane, problem: 'the source closed it' }));
  }
}
