import { GodwitError } from '@godwit/errors';
import type { Frame, FrameHeaders, FrameName } from '@godwit/protocol';
import type { FrameSocket } from './frameSocket.js';
import type { Secured } from './tls/peerTls.js';

/** Something is said at least this often, however long the peer's patience is. */
const HEARTBEAT_MAX_MS = 2000;

const ROUND_TRIPS_KEPT = 8;
/** Version 1 has no echo (frameType.ts). */
const FIRST_ECHOING_VERSION = 2;

type Handler<N extends FrameName> = (header: FrameHeaders[N]) => void;
interface Waiter {
  readonly types: readonly FrameName[];
  readonly resolve: (frame: Frame) => void;
  readonly reject: (error: GodwitError) => void;
}

/**
 * The connection that carries decisions. Frames go to whoever waits for their type, else to the
 * handler registered for it; a frame that neither expects is out of phase and ends the connection.
 * Heartbeats go both ways; a peer that says nothing for `peerTimeoutMs` is lost (E_PEER_LOST).
 */
export class ControlChannel {
  readonly closed: Promise<GodwitError>;
  /** Who is at the other end, where the channel is within TLS: lanes must be the same. */
  secured: Secured | undefined;
  readonly #peerTimeoutMs: number;
  readonly #handlers = new Map<FrameName, (frame: Frame) => void>();
  readonly #timer: NodeJS.Timeout;
  #socket: FrameSocket | undefined;
  readonly #waiters: Waiter[] = [];
  #tellClosed: (error: GodwitError) => void = () => undefined;
  #over: GodwitError | undefined;
  readonly #roundTripsMs: number[] = [];
  #echoes = false;

  constructor(peerTimeoutMs: number) {
    this.#peerTimeoutMs = peerTimeoutMs;
    this.closed = new Promise((resolve) => {
      this.#tellClosed = resolve;
    });
    this.#timer = setInterval(() => this.#beat(), this.heartbeatMs);
  }

  /** The socket whose frames this channel is given; set once, before the first frame. */
  attach(socket: FrameSocket): void {
    this.#socket = socket;
  }

  /** A whole number, as the Hello carries it. */
  get heartbeatMs(): number {
    return Math.max(1, Math.floor(Math.min(HEARTBEAT_MAX_MS, this.#peerTimeoutMs / 4)));
  }
  /** Round trip in milliseconds: the least of the last few, for a busy thread only ever adds; undefined before the first echo. */
  get rttMs(): number | undefined {
    return this.#roundTripsMs.length === 0 ? undefined : Math.min(...this.#roundTripsMs);
  }
  /** Why the channel is over; undefined while it lives. */
  get over(): GodwitError | undefined {
    return this.#over;
  }

  /** What to do with frames of a type whenever they come. */
  on<N extends FrameName>(type: N, handler: Handler<N>): void {
    this.#handlers.set(type, (frame) => {
      if (isType(frame, type)) handler(frame.header);
    });
  }

  send<N extends FrameName>(type: N, header: FrameHeaders[N]): void {
    this.#socket?.send(type, header);
  }

  /** The version that was agreed on. */
  speaks(version: number): void {
    this.#echoes = version >= FIRST_ECHOING_VERSION;
  }

  /** Says something now; the echo tells the round trip. */
  ping(): void {
    this.send('Heartbeat', { sentAtMs: performance.now(), echoMs: 0 });
  }

  /** The next frame of `type`; rejects with the reason when the channel ends first. */
  async waitFor<N extends FrameName>(type: N): Promise<FrameHeaders[N]> {
    const frame = await this.waitForAny([type]);
    if (isType(frame, type)) return frame.header;
    throw new GodwitError('E_PROTOCOL', { problem: `${frame.type} instead of ${type}` });
  }

  /** The next frame of one of `types`. */
  waitForAny(types: readonly FrameName[]): Promise<Frame> {
    if (this.#over !== undefined) return Promise.reject(this.#over);
    return new Promise((resolve, reject) => {
      this.#waiters.push({ types, resolve, reject });
    });
  }

  /** True while somebody waits for a frame of `type`. */
  expects(type: FrameName): boolean {
    return this.#waiters.some((waiter) => waiter.types.includes(type));
  }

  /** Frames from the socket. */
  receive(frame: Frame): void {
    if (frame.type === 'Heartbeat') {
      this.#heard(frame.header);
      return;
    }
    const index = this.#waiters.findIndex((waiter) => waiter.types.includes(frame.type));
    if (index !== -1) {
      this.#waiters.splice(index, 1)[0]?.resolve(frame);
      return;
    }
    const handler = this.#handlers.get(frame.type);
    if (handler === undefined) throw new GodwitError('E_PROTOCOL', { problem: `${frame.type} is out of phase` });
    handler(frame);
  }

  /** Tells the peer why and ends. */
  fail(error: GodwitError): void {
    this.#socket?.fail(error);
    this.finish(error);
  }

  /** Ends in order; whoever waits is told that the channel closed. */
  close(): void {
    this.#socket?.end();
    this.finish(undefined);
  }

  /** Ends at once, as when the peer is given up. */
  destroy(error?: GodwitError): void {
    this.finish(error);
    this.#socket?.destroy();
  }

  /** The connection is over; called by the socket's owner. */
  finish(error: GodwitError | undefined): void {
    if (this.#over !== undefined) return;
    const reason = error ?? new GodwitError('E_PEER_LOST', { silentMs: 0 }, { detail: 'connection closed' });
    this.#over = reason;
    clearInterval(this.#timer);
    for (const waiter of this.#waiters.splice(0)) waiter.reject(reason);
    this.#tellClosed(reason);
  }

  #beat(): void {
    if (this.#socket === undefined) return;
    const silentMs = performance.now() - this.#socket.lastReceivedAt;
    if (silentMs > this.#peerTimeoutMs) {
      this.destroy(new GodwitError('E_PEER_LOST', { silentMs: Math.round(silentMs) }));
      return;
    }
    this.ping();
  }

  #heard(header: FrameHeaders['Heartbeat']): void {
    if (!this.#echoes) return;
    if (header.echoMs === 0) {
      this.send('Heartbeat', { sentAtMs: performance.now(), echoMs: header.sentAtMs });
      return;
    }
    this.#roundTripsMs.push(Math.max(0, performance.now() - header.echoMs));
    if (this.#roundTripsMs.length > ROUND_TRIPS_KEPT) this.#roundTripsMs.shift();
  }
}

function isType<N extends FrameName>(
  frame: Frame,
  type: N,
): frame is Frame & { readonly type: N; readonly header: FrameHeaders[N] } {
  return frame.type === type;
}
