import net from 'node:net';
import { GodwitError, isErrorCode, toGodwitError } from '@godwit/errors';
import { encodeFrame, type Frame, type FrameHeaders, type FrameName, FrameParser, LIMITS } from '@godwit/protocol';
import { type HeldDescriptor, heldDescriptorOf } from './heldDescriptor.js';
import type { LaneSocket } from './laneSocket.js';

/**
 * Receive buffer of sockets read through `onread`. Small, for what lies in it of a payload is copied: heads and small
 * frames come here, the rest of a large payload goes straight to its place.
 */
const RECEIVE_BYTES = 64 * 1024;
/** How long a connection may stay half closed. */
const LINGER_MS = 5000;
/**
 * With more than this queued, the peer does not read what it asked for, and no more of its questions are read.
 * One largest payload comes on top: whoever waits for `drained` queues that much and is never stopped.
 */
const QUEUED_BYTES = 1024 * 1024 + LIMITS.payloadBytes;

export interface FrameSocketOptions {
  readonly accepts: readonly FrameName[];
  /** Called in order; the payload is valid only during the call. A throw ends the connection with that error. */
  readonly onFrame: (frame: Frame) => void;
  /** Called after the frames of one read have been handled: the moment to acknowledge. */
  readonly onBatch?: () => void;
  /** Called once, when the connection is over; without an error when both sides ended in order. */
  readonly onEnd: (error: GodwitError | undefined) => void;
  /** How long a peer may leave its side open after `fail` or `end`. */
  readonly lingerMs?: number;
}

/**
 * Frames over one TCP connection. Owns the socket. Sending honours backpressure by telling the caller
 * (`send` returns false, then `drained`); receiving is bounded by the parser's buffers, and stops while
 * the peer does not take what is sent to it.
 */
export class FrameSocket implements LaneSocket {
  readonly #socket: net.Socket;
  readonly #parser: FrameParser;
  readonly #options: FrameSocketOptions;
  #ended = false;
  #isFinishing = false;
  #isHeldBack = false;
  #sentBytes = 0;
  /** performance.now() of the last byte received. */
  lastReceivedAt = performance.now();

  private constructor(options: FrameSocketOptions, socket: (onread: net.OnReadOpts) => net.Socket) {
    this.#options = options;
    this.#parser = new FrameParser({ accepts: options.accepts, onFrame: (frame) => this.#receive(frame) });
    const buffer = Buffer.allocUnsafeSlow(RECEIVE_BYTES);
    this.#socket = socket({
      buffer: () => this.#parser.target() ?? buffer,
      callback: (count, filled) => {
        this.#received(() => {
          if (filled === buffer) this.#parser.push(buffer.subarray(0, count));
          else this.#parser.filled(count);
        });
        return !this.#isHeldBack;
      },
    });
    this.#socket.setNoDelay(true);
    this.#socket.on('drain', () => this.#readOn());
    this.#socket.on('error', (error) => this.#end(lost(error)));
    this.#socket.on('close', () => this.#end(undefined));
  }

  /** Dials; `onEnd` tells of a failure to connect, too. */
  static connect(address: net.TcpNetConnectOpts, options: FrameSocketOptions): FrameSocket {
    return new FrameSocket(options, (onread) => net.connect({ ...address, onread }));
  }

  /** Takes over a connected descriptor, in whatever thread this is. */
  static adopt(fd: number, options: FrameSocketOptions): FrameSocket {
    const frames = new FrameSocket(
      options,
      (onread) => new net.Socket({ fd, readable: true, writable: true, ...{ onread } }),
    );
    frames.#socket.resume();
    return frames;
  }

  /** Wraps a connected socket of this thread (paused or not) that was read by someone else so far. */
  static wrap(socket: net.Socket, options: FrameSocketOptions): FrameSocket {
    const frames = new FrameSocket(options, () => socket);
    socket.on('data', (chunk: Buffer) => frames.#received(() => frames.#parser.push(chunk)));
    socket.resume();
    // One that was closed meanwhile says so no more; told later, so that the caller knows this socket by then.
    if (socket.destroyed) queueMicrotask(() => frames.#end(undefined));
    return frames;
  }

  /** Wire bytes handed to the socket so far. */
  get sentBytes(): number {
    return this.#sentBytes;
  }
  get isOver(): boolean {
    return this.#ended;
  }

  /** What may come next; anything else ends the connection. */
  setAccepts(accepts: readonly FrameName[]): void {
    this.#parser.setAccepts(accepts);
  }

  /** Bytes that go before the first frame (the preamble). */
  sendRaw(bytes: Buffer): void {
    this.#sentBytes += bytes.length;
    this.#socket.write(bytes);
  }

  /**
   * Sends one frame; `payload` must stay untouched until `onFlushed`. False when the socket's buffer
   * is full: wait for `drained` before sending bulk.
   */
  send<N extends FrameName>(type: N, header: FrameHeaders[N], payload?: Uint8Array, onFlushed?: () => void): boolean {
    if (this.#ended || this.#isFinishing) return true;
    const head = encodeFrame(type, header, payload?.length ?? 0);
    this.#sentBytes += head.length + (payload?.length ?? 0);
    if (payload === undefined) return this.#socket.write(head, onFlushed === undefined ? undefined : () => onFlushed());
    this.#socket.cork();
    this.#socket.write(head);
    const more = this.#socket.write(payload, onFlushed === undefined ? undefined : () => onFlushed());
    this.#socket.uncork();
    return more;
  }

  /** Resolves when the socket takes more, or is over. */
  drained(): Promise<void> {
    if (this.#ended || !this.#socket.writableNeedDrain) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        this.#socket.off('drain', done);
        this.#socket.off('close', done);
        resolve();
      };
      this.#socket.on('drain', done);
      this.#socket.on('close', done);
    });
  }

  /** What came in is handled in the turn of the event loop that this waits for. */
  breathe(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }

  /**
   * Gives the connection away, between two frames of either side: this object is over, without a word to anyone. The
   * descriptor is the caller's. Undefined, and nothing is changed, where descriptors are not to be had.
   */
  detach(): HeldDescriptor | undefined {
    const held = heldDescriptorOf(this.#socket);
    if (held === undefined) return undefined;
    this.#ended = true;
    this.#socket.destroy();
    return held;
  }

  /** Tells the peer why, then ends the connection. */
  fail(error: GodwitError): void {
    if (this.#ended) return;
    this.send('Failure', failureOf(error));
    this.#finishWriting();
    this.#end(error);
  }

  /** Ends in order: what was sent is still delivered. */
  end(): void {
    this.#finishWriting();
  }

  /** Ends at once. */
  destroy(): void {
    this.#end(undefined);
    this.#socket.destroy();
  }

  /** A peer that does not end its side in turn is not waited for. */
  #finishWriting(): void {
    if (this.#isFinishing) return;
    this.#isFinishing = true;
    this.#socket.end();
    // The peer's end is seen by reading only, and a socket that ends drains no more.
    this.#readOn();
    const timer = setTimeout(() => this.#socket.destroy(), this.#options.lingerMs ?? LINGER_MS);
    timer.unref();
    this.#socket.once('close', () => clearTimeout(timer));
  }

  #readOn(): void {
    if (!this.#isHeldBack) return;
    this.#isHeldBack = false;
    this.#socket.resume();
  }

  #received(take: () => void): void {
    if (this.#ended) return;
    this.lastReceivedAt = performance.now();
    try {
      take();
      this.#options.onBatch?.();
    } catch (error) {
      this.fail(toGodwitError(error));
    }
    if (this.#isFinishing || this.#socket.writableLength <= QUEUED_BYTES) return;
    this.#isHeldBack = true;
    this.#socket.pause();
  }

  #receive(frame: Frame): void {
    if (this.#ended) return;
    if (frame.type !== 'Failure') {
      this.#options.onFrame(frame);
      return;
    }
    this.#end(peerFailure(frame.header));
    this.#socket.destroy();
  }

  #end(error: GodwitError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#options.onEnd(error);
  }
}

const reported = new WeakSet<GodwitError>();

/** True for an error that the peer sent as a Failure, false for one that was found here. */
export function isReported(error: GodwitError): boolean {
  return reported.has(error);
}

/** An error as the peer is told it: what is too long for the wire is cut. */
export function failureOf(error: GodwitError): FrameHeaders['Failure'] {
  const cut = (text: string) => text.slice(0, LIMITS.textCharacters);
  return { code: error.code, message: cut(error.message), detail: cut(error.detail ?? '') };
}

/** The error that a peer reported, under its own code when the table has it. */
export function peerFailure(header: FrameHeaders['Failure']): GodwitError {
  const error = errorOf(header);
  reported.add(error);
  return error;
}

function errorOf(header: FrameHeaders['Failure']): GodwitError {
  if (!isErrorCode(header.code)) {
    return new GodwitError('E_PEER', { code: header.code, detail: header.message }, { detail: header.detail });
  }
  const error = new GodwitError(
    header.code,
    {},
    { detail: `reported by the peer${header.detail === '' ? '' : `: ${header.detail}`}` },
  );
  error.message = header.message;
  return error;
}

/** The error of a connection that broke. */
export function lost(error: Error): GodwitError {
  return new GodwitError('E_PEER_LOST', { silentMs: 0 }, { cause: error, detail: error.message });
}
