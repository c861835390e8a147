/** What one direction of a wire is like. */
export interface LineOptions {
  /** How long a byte travels, one way. */
  readonly delayMs: number;
  /** What all senders together may put on it; without a limit unless told. */
  readonly rateBytesPerSec?: number;
  /** What a router in front of the wire holds beside what is on its way; see `DelayLine.isFull`. */
  readonly queueBytes?: number;
}

/** A switch's share for one port; a wire without a rate has no queue, but memory is not endless. */
const QUEUE_BYTES = 2 * 1024 * 1024;
const UNLIMITED_BYTES = 64 * 1024 * 1024;

interface Travelling<Item> {
  readonly item: Item;
  readonly bytes: number;
  readonly dueMs: number;
}

/**
 * One direction of a wire that all connections share: first in, first out, at a rate, with a fixed delay. Knows no
 * socket and no clock; `delayProxy` pushes what was read and takes what has arrived.
 */
export class DelayLine<Item> {
  readonly #options: LineOptions;
  /** Bytes that may be inside: what is on its way at full rate, and the router's queue. */
  readonly #bufferBytes: number;
  #travelling: Travelling<Item>[] = [];
  /** First that has not arrived; those before it are dropped in batches. */
  #head = 0;
  #insideBytes = 0;
  #pushedBytes = 0;
  #arrivedBytes = 0;
  /** When the last byte that was pushed leaves the router. */
  #departedMs = Number.NEGATIVE_INFINITY;

  constructor(options: LineOptions) {
    const { rateBytesPerSec: rate, delayMs, queueBytes = QUEUE_BYTES } = options;
    this.#options = options;
    this.#bufferBytes = rate === undefined ? UNLIMITED_BYTES : (rate * delayMs) / 1000 + queueBytes;
  }

  /** Nothing more should be pushed until some of it has arrived. */
  get isFull(): boolean {
    return this.#insideBytes >= this.#bufferBytes;
  }
  get pushedBytes(): number {
    return this.#pushedBytes;
  }
  get arrivedBytes(): number {
    return this.#arrivedBytes;
  }
  /** When the next item arrives. */
  get nextDueMs(): number | undefined {
    return this.#travelling[this.#head]?.dueMs;
  }

  push(item: Item, bytes: number, nowMs: number): void {
    const { rateBytesPerSec: rate, delayMs } = this.#options;
    const takesMs = rate === undefined ? 0 : (bytes / rate) * 1000;
    this.#departedMs = Math.max(this.#departedMs, nowMs) + takesMs;
    this.#travelling.push({ item, bytes, dueMs: this.#departedMs + delayMs });
    this.#insideBytes += bytes;
    this.#pushedBytes += bytes;
  }

  /** The next item that has arrived by now. */
  take(nowMs: number): Item | undefined {
    const next = this.#travelling[this.#head];
    if (next === undefined || next.dueMs > nowMs) return undefined;
    this.#head += 1;
    this.#insideBytes -= next.bytes;
    this.#arrivedBytes += next.bytes;
    if (this.#head > 1024) {
      this.#travelling = this.#travelling.slice(this.#head);
      this.#head = 0;
    }
    return next.item;
  }
}

interface Arrived {
  readonly atMs: number;
  readonly totalBytes: number;
}

/**
 * How much the senders have on their way without an answer, at least: an answer to a byte cannot be back before the
 * byte has arrived and the way back is over. So a sender with a window never shows more than its window here.
 */
export class FlightMeter {
  readonly #returnMs: number;
  readonly #arrived: Arrived[] = [];
  #answeredBytes = 0;
  #peakBytes = 0;

  constructor(returnMs: number) {
    this.#returnMs = returnMs;
  }

  get peakBytes(): number {
    return this.#peakBytes;
  }

  /** To be told of every change of a line's counts. */
  saw(pushedBytes: number, arrivedBytes: number, nowMs: number): void {
    if (arrivedBytes !== (this.#arrived.at(-1)?.totalBytes ?? this.#answeredBytes)) {
      this.#arrived.push({ atMs: nowMs, totalBytes: arrivedBytes });
    }
    const back = this.#arrived.findLastIndex(({ atMs }) => atMs + this.#returnMs <= nowMs);
    if (back >= 0) {
      this.#answeredBytes = this.#arrived[back]?.totalBytes ?? this.#answeredBytes;
      this.#arrived.splice(0, back + 1);
    }
    this.#peakBytes = Math.max(this.#peakBytes, pushedBytes - this.#answeredBytes);
  }
}
