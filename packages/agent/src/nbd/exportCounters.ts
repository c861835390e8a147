import type { AnsweredRequest } from '@godwit/nbd';

export type RequestKind = AnsweredRequest['kind'];

/** In the order of their words. */
export const REQUEST_KINDS = ['read', 'write', 'zero', 'trim', 'flush', 'cache', 'status'] as const;

const INDEX_OF: Record<RequestKind, number> = { read: 0, write: 1, zero: 2, trim: 3, flush: 4, cache: 5, status: 6 };

/**
 * Upper bounds of the latency histogram in seconds. A 4 KiB request on tmpfs takes some 30 us, a request
 * that waits for a switch up to seconds.
 */
export const LATENCY_BOUNDS_SECONDS = [
  50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 2.5e-3, 5e-3, 10e-3, 25e-3, 50e-3, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;

const REQUESTS = 0;
const BYTES = REQUESTS + REQUEST_KINDS.length;
const BUCKETS = BYTES + REQUEST_KINDS.length;
const DURATION_MS = BUCKETS + LATENCY_BOUNDS_SECONDS.length + 1;
const ERRORS = DURATION_MS + 1;
const CHANGED = ERRORS + 1;
const GATE_WAIT_MS = CHANGED + 1;
const CONNECTIONS = GATE_WAIT_MS + 1;
const WORDS = CONNECTIONS + 1;

/** What was counted of one export, by one thread or all. */
export interface ExportTotals {
  readonly requests: Record<RequestKind, number>;
  /** Of requests that went well; for zeroes and trims those of the range. */
  readonly bytes: Record<RequestKind, number>;
  readonly errors: number;
  /** Writes, zeroes and trims that went well, and their bytes. */
  readonly changes: number;
  readonly changedBytes: number;
  readonly gateWaitMs: number;
  readonly connections: number;
  /** Requests by latency: one for each bound, and those beyond the last. */
  readonly buckets: number[];
  readonly durationMs: number;
}

/**
 * Counters of one export in one thread, in shared memory: that thread writes, the main thread reads when
 * metrics are asked for. One writer, so plain numbers do; a reader may see a request in one and not yet in another.
 */
export class ExportCounters {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Float64Array;

  constructor(buffer = new SharedArrayBuffer(WORDS * Float64Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.#words = new Float64Array(buffer);
  }

  answered({ kind, bytes, durationMs, error }: AnsweredRequest): void {
    const index = INDEX_OF[kind];
    this.#add(REQUESTS + index, 1);
    this.#add(BUCKETS + bucketOf(durationMs / 1000), 1);
    this.#add(DURATION_MS, durationMs);
    if (error !== 0) {
      this.#add(ERRORS, 1);
      return;
    }
    this.#add(BYTES + index, bytes);
    if (kind === 'write' || kind === 'zero' || kind === 'trim') this.#add(CHANGED, 1);
  }

  waitedAtGate(durationMs: number): void {
    this.#add(GATE_WAIT_MS, durationMs);
  }

  opened(): void {
    this.#add(CONNECTIONS, 1);
  }
  closed(): void {
    this.#add(CONNECTIONS, -1);
  }
  /** The thread has ended, and its connections with it. */
  threadEnded(): void {
    this.#words[CONNECTIONS] = 0;
  }

  #add(index: number, amount: number): void {
    this.#words[index] = this.#at(index) + amount;
  }

  #at(index: number): number {
    return this.#words[index] ?? 0;
  }

  /** The sum over all threads. */
  static sum(all: readonly ExportCounters[]): ExportTotals {
    const of = (index: number) => all.reduce((sum, counters) => sum + counters.#at(index), 0);
    const byKind = (from: number) => {
      const [read, write, zero, trim, flush, cache, status] = REQUEST_KINDS.map((_, index) => of(from + index));
      return {
        read: read ?? 0,
        write: write ?? 0,
        zero: zero ?? 0,
        trim: trim ?? 0,
        flush: flush ?? 0,
        cache: cache ?? 0,
        status: status ?? 0,
      };
    };
    const bytes = byKind(BYTES);
    return {
      requests: byKind(REQUESTS),
      bytes,
      errors: of(ERRORS),
      changes: of(CHANGED),
      changedBytes: bytes.write + bytes.zero + bytes.trim,
      gateWaitMs: of(GATE_WAIT_MS),
      connections: of(CONNECTIONS),
      buckets: Array.from({ length: LATENCY_BOUNDS_SECONDS.length + 1 }, (_, index) => of(BUCKETS + index)),
      durationMs: of(DURATION_MS),
    };
  }
}

function bucketOf(seconds: number): number {
  let index = 0;
  // For each request, so no call for each bound.
  while (index < LATENCY_BOUNDS_SECONDS.length && seconds > (LATENCY_BOUNDS_SECONDS[index] ?? 0)) index += 1;
  return index;
}
