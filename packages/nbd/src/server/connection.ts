import type net from 'node:net';
import { problemOf } from '@godwit/errors';
import { peerHasLeft } from '@godwit/native';
import type { Exports, OpenExport } from '../export.js';
import { ClientStream, type StreamEvents } from './clientStream.js';
import { takeDescriptor } from './descriptor.js';
import { Handshake, type HandshakeOptions, type ServerTls } from './handshake.js';
import type { Farewell } from './replies.js';
import type { SharedRoom } from './sharedRoom.js';
import { stillConnectedOf } from './stillConnected.js';
import { Transmission } from './transmission.js';

export interface ConnectionOptions {
  readonly exports: Exports;
  readonly tls: ServerTls;
  /** A client that has not chosen an export by then is closed; while it waits for one the time stands still. */
  readonly handshakeTimeoutMs: number;
  /**
   * Called once, when the socket is closed and the export is not used any more; with a reason for the log when
   * it was not the client's ordinary end. Never before `adopt` or `wrap` has returned.
   */
  readonly onEnd: (reason: string | undefined) => void;
  /**
   * Called once, when the client has ended its side or is lost. What it has in flight may still wait for its export, and
   * onEnd waits for that.
   */
  readonly onLeft?: () => void;
  /** False when the system knows that the client has gone, although it was not read. */
  readonly stillConnected?: () => boolean;
  /** What a client is told when its export is withdrawn; ESHUTDOWN by default. */
  readonly farewell?: Farewell;
  /** Of all connections together, for a server whose requests may wait for long. */
  readonly room?: SharedRoom;
}

/**
 * Serves one client on a stream until it ends: the handshake, then requests. Whatever the client sends, whatever
 * its export throws, this connection ends at most.
 */
export class NbdConnection {
  readonly #options: ConnectionOptions;
  readonly #stream: ClientStream;
  readonly #handshake: Handshake;
  readonly #ended: Promise<void>;
  #tellEnded: () => void = () => undefined;
  #transmission: Transmission | undefined;
  #open: OpenExport | undefined;
  #reason: string | undefined;
  #isOver = false;

  private constructor(options: ConnectionOptions, stream: (events: StreamEvents) => ClientStream) {
    this.#options = options;
    this.#ended = new Promise((resolve) => {
      this.#tellEnded = resolve;
    });
    this.#stream = stream({
      onLeft: (problem) => {
        this.#over(problem);
        options.onLeft?.();
      },
      onClosed: () => void this.#closed(),
    });
    this.#handshake = new Handshake({
      stream: this.#stream,
      exports: options.exports,
      tls: options.tls,
      timeoutMs: options.handshakeTimeoutMs,
      onAgreed: (agreement, rest) => this.#transmit(agreement, rest),
      onOver: (reason) => this.#over(reason),
    });
    this.#stream.start(this.#handshake);
  }

  /** Serves the connection beneath a descriptor, which is this one's from now on, in whatever thread this is. */
  static adopt(fd: number, options: ConnectionOptions): NbdConnection {
    const mayTurnToTls = options.tls.mode !== 'off';
    return new NbdConnection(options, (events) => ClientStream.adopt(fd, mayTurnToTls, events));
  }

  /**
   * Serves a connected socket of this thread that nobody has read, by its descriptor where that is to be had; the socket
   * is closed then. Whether the client is still there is asked of the system.
   */
  static take(socket: net.Socket, options: Omit<ConnectionOptions, 'stillConnected'>): NbdConnection {
    const fd = takeDescriptor(socket);
    if (fd === undefined) return NbdConnection.wrap(socket, { ...options, stillConnected: stillConnectedOf(socket) });
    return NbdConnection.adopt(fd, { ...options, stillConnected: () => peerHasLeft(fd) !== true });
  }

  /** Serves a connected socket of this thread that nobody has read; slower than a descriptor. */
  static wrap(socket: net.Socket, options: ConnectionOptions): NbdConnection {
    return new NbdConnection(options, (events) => ClientStream.wrap(socket, events));
  }

  /**
   * Says farewell to what comes from now on, waits for what is in flight, and ends a moment later; a client that
   * has no export yet is closed. Resolves when it is over, as onEnd says it. `destroy` cuts it short.
   */
  shutDown(): Promise<void> {
    if (this.#transmission === undefined) this.#over(undefined);
    else this.#transmission.withdraw();
    return this.#ended;
  }

  /** Ends at once. What is in flight is done or not. */
  destroy(): void {
    this.#over(undefined);
    this.#stream.destroy();
  }

  #transmit(agreement: Parameters<HandshakeOptions['onAgreed']>[0], rest: Buffer): void {
    const { export: exported, agreed, bytes } = agreement;
    try {
      this.#open = exported.open();
    } catch (error) {
      this.#over(`export "${exported.name}" cannot be opened: ${problemOf(error)}`);
      return;
    }
    const transmission = new Transmission({
      stream: this.#stream,
      open: this.#open,
      readOnly: exported.readOnly,
      agreed,
      farewell: this.#options.farewell ?? 'eshutdown',
      stillConnected: this.#options.stillConnected,
      room: this.#options.room,
      onOver: (reason) => this.#over(reason),
    });
    this.#transmission = transmission;
    const withdraw = () => transmission.withdraw();
    this.#open.withdrawn.then(withdraw, withdraw);
    this.#stream.write(bytes);
    this.#stream.handOver(transmission);
    if (rest.length > 0) transmission.received(rest);
  }

  #over(reason: string | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#reason = reason;
    this.#handshake.stop();
    this.#transmission?.stop();
    this.#open?.abandon?.();
    this.#stream.end();
  }

  async #closed(): Promise<void> {
    this.#over(undefined);
    await this.#transmission?.idle();
    try {
      this.#open?.close();
    } catch (error) {
      this.#reason ??= `the export could not be closed: ${problemOf(error)}`;
    }
    this.#tellEnded();
    this.#options.onEnd(this.#reason);
  }
}
