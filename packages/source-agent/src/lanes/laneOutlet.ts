import { setTimeout as wait } from 'node:timers/promises';
import { FRAME_HEAD_BYTES, type FrameHeaders, type FrameName } from '@godwit/protocol';
import type { LaneSocket, RateLimiter } from '@godwit/transport';
import type { LaneCounters } from './laneCounters.js';
import type { BlockRun, LaneImage } from './laneImage.js';
import type { LaneWindow, Unacknowledged } from './laneWindow.js';

/** Protobuf head of an Extent is about 45 bytes; the booking is corrected by nobody, so it is rounded up a little. */
export const HEAD_ESTIMATE_BYTES = 48 + FRAME_HEAD_BYTES;

/** Frames about runs of blocks: what a lane sends. */
type RunFrame = Extract<FrameName, 'Extent' | 'Zero' | 'Check' | 'CheckZero'>;

export interface OutgoingFrame<N extends RunFrame> {
  readonly type: N;
  readonly kind: Unacknowledged['kind'];
  readonly image: LaneImage;
  readonly run: BlockRun;
  readonly header: (seq: number) => FrameHeaders[N];
  readonly payload?: Uint8Array;
  /** What it takes of the window, if that is not its bytes on the wire. */
  readonly weightBytes?: number;
  /** The payload may be changed again. */
  readonly onFlushed?: () => void;
}

/**
 * Where the frames of a lane leave: behind the window and the rate cap, counted, and remembered until they are
 * acknowledged. Step 6 of a byte's path.
 */
export class LaneOutlet {
  readonly window: LaneWindow;
  readonly #socket: LaneSocket;
  readonly #counters: LaneCounters;
  readonly #limiter: RateLimiter | undefined;

  constructor(socket: LaneSocket, window: LaneWindow, counters: LaneCounters, limiter: RateLimiter | undefined) {
    this.#socket = socket;
    this.window = window;
    this.#counters = counters;
    this.#limiter = limiter;
  }

  /** Sends a frame as soon as it may leave; resolves with its number when the next one may be made. */
  async put<N extends RunFrame>(frame: OutgoingFrame<N>): Promise<number> {
    const { kind, image, run, payload } = frame;
    const estimateBytes = HEAD_ESTIMATE_BYTES + (payload?.length ?? 0);
    const weightBytes = frame.weightBytes ?? estimateBytes;
    if (!this.window.hasRoom(weightBytes)) await this.window.room(weightBytes);
    const delayMs = this.#limiter?.reserve(estimateBytes) ?? 0;
    if (delayMs > 0) {
      await wait(delayMs);
      // Ends here if the connection has ended meanwhile: its files are closed, and the thread may be another's.
      await this.#socket.breathe();
    }
    const seq = this.window.nextSeq();
    const before = this.#socket.sentBytes;
    const more = this.#socket.send(frame.type, frame.header(seq), payload, frame.onFlushed);
    const wireBytes = this.#socket.sentBytes - before;
    const { firstBlock, blocks } = run;
    this.window.add({ seq, kind, image: image.index, firstBlock, blocks, wireBytes, weightBytes });
    this.#counters.add('wireBytes', wireBytes);
    if (!more) await this.#socket.drained();
    return seq;
  }
}
