import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { LineOptions } from './delayLine.js';

export interface DelayProxyOptions extends LineOptions {
  readonly targetPort: number;
}

/** Counters that both threads see, each a double. */
export const DelayCount = { toDestinationBytes: 0, toSourceBytes: 1, connections: 2, peakInFlightBytes: 3 } as const;
const COUNTS = Object.keys(DelayCount).length;

/** What the thread is started with. */
export interface DelayProxyStart {
  readonly options: DelayProxyOptions;
  readonly counts: SharedArrayBuffer;
}

/**
 * A TCP proxy that makes of the loopback a long wire: a fixed delay and a rate each way, shared by all connections,
 * with a router's queue and back pressure behind it. In a thread of its own, so that it does not share the
 * event loop of those who measure.
 */
export class DelayProxy {
  readonly port: number;
  readonly #worker: Worker;
  readonly #counts: Float64Array;

  private constructor(worker: Worker, port: number, counts: Float64Array) {
    this.#worker = worker;
    this.port = port;
    this.#counts = counts;
  }

  static async listen(options: DelayProxyOptions): Promise<DelayProxy> {
    const counts = new SharedArrayBuffer(COUNTS * Float64Array.BYTES_PER_ELEMENT);
    const start: DelayProxyStart = { options, counts };
    // What the agents under test are forced to do without is none of the wire's.
    const { GODWIT_NO_NATIVE: _, ...env } = process.env;
    const worker = new Worker(new URL('./delayProxyThread.js', import.meta.url), { workerData: start, env });
    const [port]: unknown[] = await once(worker, 'message');
    if (typeof port !== 'number') throw new Error('the delay proxy said no port');
    return new DelayProxy(worker, port, new Float64Array(counts));
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }
  get connections(): number {
    return this.#count('connections');
  }
  /** What has arrived, payload of TCP. */
  get passedBytes(): { readonly toDestination: number; readonly toSource: number } {
    return { toDestination: this.#count('toDestinationBytes'), toSource: this.#count('toSourceBytes') };
  }
  /** The most that was on its way to the destination without an answer; see FlightMeter. */
  get peakInFlightBytes(): number {
    return this.#count('peakInFlightBytes');
  }

  /** Ends every connection with its thread. */
  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  #count(name: keyof typeof DelayCount): number {
    return this.#counts[DelayCount[name]] ?? 0;
  }
}
