/**
 * Cuts a proxied stream into frames by its own reading of the layout (protocol/src/frameType.ts), so
 * that a test can look at, damage, drop or cut at a certain frame.
 */
const HEADER_BYTES = 8;
const PREAMBLE_BYTES = 8;

/** Numbers of the frames that tests look for; a stranger's copy of frameType.ts. */
export const FrameNumber = {
  Hello: 1,
  Failure: 3,
  Heartbeat: 4,
  Offer: 10,
  Accept: 11,
  Progress: 12,
  RoundEnd: 13,
  RoundSynced: 14,
  Prepare: 15,
  Prepared: 16,
  Commit: 17,
  Taken: 18,
  Released: 19,
  Resolve: 23,
  Outcome: 24,
  Extent: 40,
  Zero: 41,
  Check: 42,
  Ack: 44,
  Nack: 45,
} as const;

export type Direction = 'toDestination' | 'toSource';

export interface TappedFrame {
  readonly direction: Direction;
  /** As numbered in frameType.ts. */
  readonly type: number;
  /** Index of the connection, in order of accepting. */
  readonly connection: number;
  readonly header: Buffer;
  /** May be changed in place. */
  readonly payload: Buffer;
}

/**
 * What becomes of the frame. `cut` ends both sides of its connection in its place, `truncate` after half of it;
 * `delay` passes it on behind the next of its direction.
 */
export type FrameVerdict = 'pass' | 'drop' | 'cut' | 'truncate' | 'duplicate' | 'delay';
export type FrameWatcher = (frame: TappedFrame) => FrameVerdict;

interface Passed {
  readonly parts: readonly Buffer[];
  readonly end: 'cut' | 'truncate' | undefined;
}

/** One direction of one connection. */
export class FrameTap {
  readonly #direction: Direction;
  readonly #connection: number;
  readonly #watch: FrameWatcher;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #preambleLeft: number;
  #delayed: Buffer | undefined;

  constructor(direction: Direction, connection: number, watch: FrameWatcher) {
    this.#direction = direction;
    this.#connection = connection;
    this.#watch = watch;
    // Only the side that connected begins with a preamble.
    this.#preambleLeft = direction === 'toDestination' ? PREAMBLE_BYTES : 0;
  }

  /** What to pass on now, and how the connection is to end then, if it is. */
  push(part: Buffer): Passed {
    this.#pending.push(part);
    this.#pendingBytes += part.length;
    const passed: Buffer[] = [];
    for (;;) {
      if (this.#preambleLeft > 0) {
        const preamble = this.#take(this.#preambleLeft);
        if (preamble === undefined) return { parts: passed, end: undefined };
        this.#preambleLeft = 0;
        passed.push(preamble);
      }
      const frame = this.#takeFrame();
      if (frame === undefined) return { parts: passed, end: undefined };
      const verdict = this.#judge(frame);
      passed.push(...this.#passed(frame, verdict));
      if (verdict === 'cut' || verdict === 'truncate') return { parts: passed, end: verdict };
    }
  }

  #passed(frame: Buffer, verdict: FrameVerdict): Buffer[] {
    if (verdict === 'delay') {
      this.#delayed = frame;
      return [];
    }
    const before = this.#delayed;
    this.#delayed = undefined;
    const passes = { pass: [frame], duplicate: [frame, frame], truncate: [frame.subarray(0, frame.length / 2)] };
    const now = verdict === 'drop' || verdict === 'cut' ? [] : passes[verdict];
    return before === undefined ? now : [...now, before];
  }

  #judge(frame: Buffer): FrameVerdict {
    const headerEnd = HEADER_BYTES + frame.readUInt16BE(2);
    return this.#watch({
      direction: this.#direction,
      connection: this.#connection,
      type: frame.readUInt8(0),
      header: frame.subarray(HEADER_BYTES, headerEnd),
      payload: frame.subarray(headerEnd),
    });
  }

  #takeFrame(): Buffer | undefined {
    if (this.#pendingBytes < HEADER_BYTES) return undefined;
    const start = this.#joined();
    return this.#take(HEADER_BYTES + start.readUInt16BE(2) + start.readUInt32BE(4));
  }

  #joined(): Buffer {
    const first = this.#pending[0];
    if (first !== undefined && (this.#pending.length === 1 || first.length >= HEADER_BYTES)) return first;
    const joined = Buffer.concat(this.#pending);
    this.#pending = [joined];
    return joined;
  }

  /** A copy, so that damage done to it stays in this direction. */
  #take(length: number): Buffer | undefined {
    if (this.#pendingBytes < length) return undefined;
    const joined = Buffer.concat(this.#pending);
    this.#pendingBytes -= length;
    this.#pending = this.#pendingBytes === 0 ? [] : [joined.subarray(length)];
    return Buffer.from(joined.subarray(0, length));
  }
}
