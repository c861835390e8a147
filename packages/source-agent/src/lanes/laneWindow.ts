import { GodwitError } from '@godwit/errors';

/** A frame that was sent and not acknowledged. */
export interface Unacknowledged {
  readonly seq: number;
  readonly kind: 'send' | 'check';
  readonly image: number;
  readonly firstBlock: number;
  readonly blocks: number;
  readonly wireBytes: number;
  nacked: boolean;
  /** Blocks that the destination named as different, relative to firstBlock. */
  different: readonly number[];
}

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

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get isEmpty(): boolean {
    return this.#head === this.#frames.length;
  }

  nextSeq(): number {
    return this.#lastSeq + 1;
  }

  add(frame: Omit<Unacknowledged, 'nacked' | 'different'>): void {
    this.#frames.push({ ...frame, nacked: false, different: [] });
    this.#lastSeq = frame.seq;
    this.#bytes += frame.wireBytes;
  }

  /** Resolves when `wireBytes` more may be sent. A frame larger than the window goes alone. */
  async room(wireBytes: number): Promise<void> {
    while (!this.isEmpty && this.#bytes + wireBytes > this.#limitBytes) await this.#changed();
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
    for (;;) {
      const frame = this.#frames[this.#head];
      if (frame === undefined || frame.seq > seq) break;
      this.#head += 1;
      this.#bytes -= frame.wireBytes;
      settle(frame);
    }
    if (this.#head > 1024 && this.#head * 2 > this.#frames.length) {
      this.#frames = this.#frames.slice(this.#head);
      this.#head = 0;
    }
    this.#wake?.();
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined;
        resolve();
      };
    });
  }
}
