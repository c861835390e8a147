/** Never less, and no more before the first answer: what a destination acknowledges at once, on its way, and as much being written. */
const LEAST_BYTES = 1024 * 1024;
/** On a short pipe: what it carries in so long, within bounds. Threads at both ends are not always on time. */
const SLACK_MS = 40;
const SLACK_MOST_BYTES = 4 * 1024 * 1024;
/** Bandwidth-delay products that may be on the way: one fills the pipe, the other is the time until the answers come. */
const PRODUCTS = 2;
/** What the rate keeps of its highest from one acknowledgement to the next: a pipe that became narrow shows within some hundred. */
const KEEPING = 0.995;

/** What a frame remembers of the moment that it was sent. */
export interface SentMark {
  readonly atMs: number;
  readonly deliveredBytes: number;
}

/**
 * The bandwidth-delay product of a lane, measured as BBR does it (Cardwell and others, ACM Queue 14(5), 2016): the
 * highest rate of delivery, from the bytes that were acknowledged while a frame was on its way, times the shortest
 * time that one ever took to be acknowledged (forgetting it let queues that we made ourselves raise it without end). More than that on the way only stands in queues, in front of whatever is urgent.
 */
export class PipeEstimate {
  #deliveredBytes = 0;
  #bytesPerMs = 0;
  #leastMs = Number.POSITIVE_INFINITY;

  /** A frame leaves. */
  sent(nowMs: number): SentMark {
    return { atMs: nowMs, deliveredBytes: this.#deliveredBytes };
  }

  /** `bytes` were acknowledged, the newest of them sent as `mark` says. */
  acknowledged(mark: SentMark, bytes: number, nowMs: number): void {
    this.#deliveredBytes += bytes;
    const tookMs = nowMs - mark.atMs;
    if (tookMs <= 0) return;
    this.#leastMs = Math.min(this.#leastMs, tookMs);
    const rate = (this.#deliveredBytes - mark.deliveredBytes) / tookMs;
    this.#bytesPerMs = Math.max(this.#bytesPerMs * KEEPING, rate);
  }

  /** What may be on the way. */
  get windowBytes(): number {
    const product = Number.isFinite(this.#leastMs) ? this.#bytesPerMs * this.#leastMs : 0;
    const slack = Math.min(SLACK_MOST_BYTES, this.#bytesPerMs * SLACK_MS);
    return Math.max(LEAST_BYTES, slack, PRODUCTS * product);
  }
}
