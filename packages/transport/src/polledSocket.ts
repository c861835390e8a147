import { type GodwitError, toGodwitError } from '@godwit/errors';
import {
  receiveSome,
  type SocketEvents,
  SystemCallError,
  sendSome,
  shutDownSocket,
  waitForSocket,
} from '@godwit/native';
import { encodeFrame, type Frame, type FrameHeaders, type FrameName, FrameParser } from '@godwit/protocol';
import { type FrameSocketOptions, failureOf, lost, peerFailure } from './frameSocket.js';
import type { LaneSocket } from './laneSocket.js';

/** Heads and small frames come here; the rest of a large payload goes straight to its place. */
const RECEIVE_BYTES = 64 * 1024;
/** How long the thread stands in the kernel at most before its messages and timers have a turn. */
const WAIT_MS = 50;
/** A busy thread gives them one so often: what lz4 leaves outside the heap is freed then, too. */
const TURN_MS = 10;
/** What is received before the frames in it are acknowledged, if more is there already. */
const BATCH_BYTES = 512 * 1024;
/** How often an idle connection is looked at: nobody is told when its peer leaves. */
const IDLE_LOOK_MS = 100;
/** How long a connection that failed is read on, so that the peer gets to know why. */
const LINGER_MS = 5000;

/** Nobody is to go on with a connection that is over: who waits here is forgotten with it. */
function forever(): Promise<never> {
  return new Promise(() => undefined);
}

interface Queued {
  bytes: Uint8Array;
  readonly onFlushed: (() => void) | undefined;
}

/**
 * Frames over one TCP connection by system calls that its thread makes itself: poll, send, recv. What moves a
 * gigabyte needs no event, no callback and no promise for each piece, and its code is so small that it is
 * compiled early. Does not own the descriptor: whoever started the thread closes it when the thread has ended, for
 * a thread may be ended at any moment, or go on with another connection: nothing touches the descriptor after `destroy`.
 * Needs koffi; FrameSocket does the same without.
 */
export class PolledSocket implements LaneSocket {
  readonly #fd: number;
  readonly #waitMs: number;
  readonly #options: FrameSocketOptions;
  readonly #parser: FrameParser;
  readonly #buffer = Buffer.allocUnsafeSlow(RECEIVE_BYTES);
  readonly #queue: Queued[] = [];
  #isOver = false;
  /** The descriptor may be closed by now, and its number another connection's. */
  #isLetGo = false;
  #sentBytes = 0;
  #receivedBytes = 0;
  #lastTurnMs = performance.now();
  #idle: NodeJS.Timeout | undefined;

  /** @param waitMs how long its thread stands in the kernel at most; 0 where the peer is in the same thread */
  constructor(fd: number, options: FrameSocketOptions, waitMs: number = WAIT_MS) {
    this.#fd = fd;
    this.#options = options;
    this.#waitMs = waitMs;
    this.#parser = new FrameParser({ accepts: options.accepts, onFrame: (frame) => this.#handle(frame) });
  }

  get sentBytes(): number {
    return this.#sentBytes;
  }
  get isOver(): boolean {
    return this.#isOver;
  }

  send<N extends FrameName>(type: N, header: FrameHeaders[N], payload?: Uint8Array, onFlushed?: () => void): boolean {
    if (this.#isOver) return true;
    const head = encodeFrame(type, header, payload?.length ?? 0);
    this.#sentBytes += head.length + (payload?.length ?? 0);
    this.#queue.push({ bytes: head, onFlushed: payload === undefined ? onFlushed : undefined });
    if (payload !== undefined) this.#queue.push({ bytes: payload, onFlushed });
    return this.#flush();
  }

  async drained(): Promise<void> {
    while (this.#queue.length > 0) await this.#wait();
    if (this.#isOver) await forever();
  }

  progress(): Promise<void> {
    return this.#wait();
  }

  async breathe(): Promise<void> {
    this.#takeIn();
    await this.#turnIfDue();
    if (this.#isOver) await forever();
  }

  /** Handles frames as they come until the connection is over, acknowledging batches: the receiving side's life. */
  async serve(): Promise<void> {
    while (!this.#isOver) {
      const cameSome = this.#takeIn();
      if (cameSome) this.#guarded(() => this.#options.onBatch?.());
      // A source reads whenever it cannot send, so this ends; nothing more is read of one that does not.
      while (this.#queue.length > 0 && !this.#isOver) await this.#waitOnce({ read: false, write: true });
      if (cameSome) await this.#turnIfDue();
      else if (!this.#isOver) await this.#waitOnce({ read: true, write: false });
    }
  }

  /** Looks at the connection now and then also while nobody works with it: a source between two passes. */
  watchIdle(): void {
    this.#idle = setInterval(() => this.#takeIn(), IDLE_LOOK_MS);
    this.#idle.unref();
  }

  fail(error: GodwitError): void {
    if (this.#isOver) return;
    this.send('Failure', failureOf(error));
    this.#end(error);
    this.#linger().catch(() => undefined);
  }

  destroy(): void {
    this.#end(undefined);
    this.#hangUp('both');
    this.#isLetGo = true;
  }

  /**
   * Until something came in or left since the call. Also what another took in meanwhile, in a turn of the event loop
   * (watchIdle, breathe): it may have been the last that was to come.
   */
  async #wait(): Promise<void> {
    const before = this.#receivedBytes;
    while (!this.#isOver) {
      const happened = await this.#waitOnce({ read: true, write: this.#queue.length > 0 });
      if (happened) this.#takeIn();
      if (happened || this.#receivedBytes > before) break;
    }
    if (this.#isOver) await forever();
  }

  /** In the kernel for a moment; false when nothing happened there. */
  async #waitOnce(events: SocketEvents): Promise<boolean> {
    try {
      if (!this.#isLetGo && waitForSocket(this.#fd, events, this.#waitMs)) {
        this.#flush();
        // A peer that always has another byte would keep the thread from all else.
        await this.#turnIfDue();
        return true;
      }
    } catch (error) {
      this.#lose(error);
    }
    await this.#turn();
    return false;
  }

  async #turnIfDue(): Promise<void> {
    if (performance.now() - this.#lastTurnMs >= TURN_MS) await this.#turn();
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => {
      setImmediate(() => {
        this.#lastTurnMs = performance.now();
        resolve();
      });
    });
  }

  /** Sends what the kernel takes now; true when that is all. */
  #flush(): boolean {
    if (this.#isLetGo) return true;
    try {
      for (;;) {
        const first = this.#queue[0];
        if (first === undefined) return true;
        const count = sendSome(this.#fd, first.bytes, this.#queue.length > 1);
        if (count < first.bytes.length) {
          first.bytes = first.bytes.subarray(count);
          return false;
        }
        this.#queue.shift();
        first.onFlushed?.();
      }
    } catch (error) {
      this.#lose(error);
      return true;
    }
  }

  /** Receives and handles what is there, a batch at most; false when nothing was. */
  #takeIn(): boolean {
    let came = 0;
    while (came < BATCH_BYTES && !this.#isOver) {
      const direct = this.#parser.target();
      const count = this.#receive(direct ?? this.#buffer);
      if (count < 0) break;
      if (count === 0) {
        this.#end(undefined);
        break;
      }
      came += count;
      this.#receivedBytes += count;
      this.#guarded(() => {
        if (direct === undefined) this.#parser.push(this.#buffer.subarray(0, count));
        else this.#parser.filled(count);
      });
    }
    return came > 0;
  }

  #receive(target: Uint8Array): number {
    try {
      return receiveSome(this.#fd, target);
    } catch (error) {
      this.#lose(error);
      return -1;
    }
  }

  #guarded(take: () => void): void {
    if (this.#isOver) return;
    try {
      take();
    } catch (error) {
      this.fail(toGodwitError(error));
    }
  }

  #handle(frame: Frame): void {
    if (this.#isOver) return;
    if (frame.type !== 'Failure') {
      this.#options.onFrame(frame);
      return;
    }
    this.#end(peerFailure(frame.header));
    this.#hangUp('both');
  }

  #lose(error: unknown): void {
    if (!(error instanceof SystemCallError)) throw error;
    this.#end(lost(error));
  }

  #end(error: GodwitError | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#idle);
    this.#options.onEnd(error);
  }

  /** The last frames leave, then the peer's are read and dropped until it has ended: a close at once would lose ours. */
  async #linger(): Promise<void> {
    const deadlineMs = performance.now() + (this.#options.lingerMs ?? LINGER_MS);
    const isOpen = () => !this.#isLetGo && performance.now() < deadlineMs;
    while (!this.#flush() && isOpen()) await this.#waitOnce({ read: false, write: true });
    this.#hangUp('write');
    while (isOpen()) {
      const count = receiveSome(this.#fd, this.#buffer);
      if (count === 0) break;
      if (count < 0) await this.#waitOnce({ read: true, write: false });
      else await this.#turnIfDue();
    }
    this.#hangUp('both');
  }

  #hangUp(side: 'write' | 'both'): void {
    if (this.#isLetGo) return;
    try {
      shutDownSocket(this.#fd, side);
    } catch (error) {
      // Reset by the peer: it is as over as it is to be.
      if (!(error instanceof SystemCallError)) throw error;
    }
  }
}
