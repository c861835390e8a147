import { GodwitError } from '@godwit/errors';
import { PipeEstimate, type SentMark } from './pipeEstimate.js';

/**
 * A CheckZero of so many bytes weighs one byte in the window: it is small on the wire, but the destination
 * may have to read its whole range. So 4 GiB fill a window of 16 MiB.
 */
export const CHECK_ZERO_WEIGHT = 256;

/** A frame that was sent and not acknowledged. */
export interface Unacknowledged {
  readonly seq: number;
  readonly kind: 'send' | 'check';
  readonly image: number;
  readonly firstBlock: number;
  readonly blocks: number;
  readonly wireBytes: number;
  /** What it takes of the window: its bytes on the wire, or more when answering it takes long. */
  readonly weightBytes: number;
  nacked: boolean;
  /** Blocks that the destination named as different, relative to firstBlock. */
  different: readonly number[];
  readonly sent: SentMark;
}

/** A frame as it is sent; its weight is its bytes on the wire unless given. */
export type SentFrame = Omit<Unacknowledged, 'nacked' | 'different' | 'weightBytes' | 'sent'> & {
  readonly weightBytes?: number;
};

/** Weight that a slow disk at the destination works off in a millisecond: CheckZero at 64 MiB a second. */
const WEIGHT_BYTES_PER_MS = (64 * 1024 * 1024) / CHECK_ZERO_WEIGHT / 1000;

/**
 * The sent and unacknowledged frames of a lane, oldest first, bounded in bytes. Acks are cumulative;
 * an Ack, Nack or result for what is not in here is a lie and ends the connection (E_PROTOCOL).
 */
export class LaneWindow {
  readonly #limitBytes: number;
  #frames: Unacknowledged[] = [];
  #head = 0;
  #bytes = 0;
  #lastSeq = 0;
  #wake: (() => void) | undefined;
  readonly #now: () => number;
  readonly #progress: (() => Promise<void>) | undefined;
  readonly #pipe = new PipeEstimate();
  /** When the last Ack came, or a frame went into the empty window. */
  #progressAt = 0;

  /**
   * `now` in milliseconds, rising. `progress` waits until answers may have come in, where somebody has to: LaneSocket.
   */
  constructor(limitBytes: number, now: () => number = () => performance.now(), progress?: () => Promise<void>) {
    this.#limitBytes = limitBytes;
    this.#now = now;
    this.#progress = progress;
  }

  get isEmpty(): boolean {
    return this.#head === this.#frames.length;
  }

  /** What may be unacknowledged now. */
  get sizeBytes(): number {
    return Math.min(this.#limitBytes, this.#pipe.windowBytes);
  }

  nextSeq(): number {
    return this.#lastSeq + 1;
  }

  add(frame: SentFrame): void {
    if (this.isEmpty) this.#progressAt = this.#now();
    const weightBytes = frame.weightBytes ?? frame.wireBytes;
    this.#frames.push({ ...frame, weightBytes, nacked: false, different: [], sent: this.#pipe.sent(this.#now()) });
    this.#lastSeq = frame.seq;
    this.#bytes += weightBytes;
  }

  /**
   * Milliseconds for which frames have waited without any being acknowledged, less what the oldest may take
   * to be answered; 0 while none waits.
   */
  get overdueMs(): number {
    const oldest = this.#frames[this.#head];
    if (oldest === undefined) return 0;
    const workMs = (oldest.weightBytes - oldest.wireBytes) / WEIGHT_BYTES_PER_MS;
    return Math.max(0, this.#now() - this.#progressAt - workMs);
  }

  /** Resolves when `weightBytes` more may be sent. A frame larger than the window goes alone. */
  async room(weightBytes: number): Promise<void> {
    while (!this.hasRoom(weightBytes)) await this.#changed();
  }

  /** Whether `room` would resolve at once. */
  hasRoom(weightBytes: number): boolean {
    return this.isEmpty || this.#bytes + weightBytes <= this.sizeBytes;
  }

  async emptied(): Promise<void> {
    while (!this.isEmpty) await this.#changed();
  }

  /** The frame `seq`, which must be waiting for its Ack. */
  find(seq: number): Unacknowledged {
    const first = this.#frames[this.#head];
    const frame = first === undefined ? undefined : this.#frames[this.#head + seq - first.seq];
    if (first === undefined || seq < first.seq || frame?.seq !== seq)
      throw new GodwitError('E_PROTOCOL', { problem: `answer to frame ${seq}, which is not waiting for one` });
    return frame;
  }

  /** Takes every frame up to `seq` out, oldest first. */
  acknowledge(seq: number, settle: (frame: Unacknowledged) => void): void {
    this.find(seq);
    this.#progressAt = this.#now();
    let acknowledgedBytes = 0;
    let newest: Unacknowledged | undefined;
    for (;;) {
      const frame = this.#frames[this.#head];
      if (frame === undefined || frame.seq > seq) break;
      this.#head += 1;
      this.#bytes -= frame.weightBytes;
      acknowledgedBytes += frame.weightBytes;
      newest = frame;
      settle(frame);
    }
    // Checks are small and wait for a disk: they say nothing of the pipe.
    if (newest?.kind === 'send') this.#pipe.acknowledged(newest.sent, acknowledgedBytes, this.#progressAt);
    if (this.#head > 1024 && this.#head * 2 > this.#frames.length) {
      this.#frames = this.#frames.slice(this.#head);
      this.#head = 0;
    }
    this.#wake?.();
  }

  #changed(): Promise<void> {
    if (this.#progress !== undefined) return this.#progress();
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
