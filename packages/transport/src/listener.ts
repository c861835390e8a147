import { createHash, timingSafeEqual } from 'node:crypto';
import net from 'node:net';
import { GodwitError, problemOf, systemCodeOf, toGodwitError } from '@godwit/errors';
import { LIMITS } from '@godwit/protocol';
import { type Greeted, type Hailed, HelloReader } from './helloReader.js';
import { acceptSecurely } from './tls/acceptSecurely.js';
import type { PeerTls } from './tls/peerTls.js';
import { turnAway } from './turnAway.js';
import { WaitingRoom } from './waitingRoom.js';

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly token: string;
  /** Given: no connection is taken without TLS. Asked for each, for certificates are renewed. */
  readonly tls?: (() => PeerTls) | undefined;
  readonly helloTimeoutMs?: number;
  readonly onGreeted: (connection: Greeted) => void;
  /** A connection that was turned away before it was greeted, for the log. */
  readonly onRefused: (peer: string, error: GodwitError) => void;
  /** What goes wrong with the port while it is open (no descriptor for a connection), for the log. */
  readonly onError?: (error: GodwitError) => void;
}

/**
 * The destination's one listening port. Reads preamble and Hello of every connection under a deadline
 * and a cap on how many may be that far (WaitingRoom); the peer says nothing more before its HelloAck, so the socket
 * can be handed to another thread with no byte left behind.
 */
export class Listener {
  readonly #server: net.Server;
  readonly #options: ListenerOptions;
  /** Every connection that still belongs to this thread; lanes that were handed to a worker are not among them. */
  readonly #open = new Set<net.Socket>();
  /** Those without a hello; called with why they have to go. */
  readonly #waiting = new WaitingRoom<(error: GodwitError) => void>(LIMITS.pendingConnections);
  /** Connections that are being told why they were turned away. */
  #leaving = 0;

  private constructor(options: ListenerOptions) {
    this.#options = options;
    this.#server = net.createServer((socket) => this.#accept(socket));
  }

  /** E_PORT_IN_USE, E_ADDRESS. */
  static async listen(options: ListenerOptions): Promise<Listener> {
    const listener = new Listener(options);
    await new Promise<void>((resolve, reject) => {
      let isListening = false;
      // For good: an 'error' that nobody listens to would end the daemon.
      listener.#server.on('error', (error) => {
        if (isListening) options.onError?.(toGodwitError(error));
        else reject(explainListen(options, error));
      });
      listener.#server.once('listening', () => {
        isListening = true;
      });
      listener.#server.listen({ host: options.host, port: options.port, backlog: 128 }, resolve);
    });
    return listener;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : this.#options.port;
  }

  /** Takes no new connections; resolves when all that it accepted have ended. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  /** Ends whatever is still connected. */
  destroyConnections(): void {
    for (const socket of this.#open) socket.destroy();
  }

  #accept(socket: net.Socket): void {
    const peer = `${socket.remoteAddress ?? '?'}:${socket.remotePort ?? 0}`;
    socket.on('error', () => socket.destroy());
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
    this.#greet(socket, peer);
  }

  #greet(socket: net.Socket, peer: string): void {
    const timeoutMs = this.#options.helloTimeoutMs ?? LIMITS.helloTimeoutMs;
    const address = socket.remoteAddress ?? '';
    const reader = new HelloReader();
    const until = performance.now() + timeoutMs;
    let isShakingHands = false;
    const settle = new Once(() => this.#waiting.leave(address, refuse));
    const deafen = () => {
      clearTimeout(timer);
      socket.off('data', onData);
      socket.off('close', onClose);
    };
    const refuse = (error: GodwitError) => {
      deafen();
      settle.perform();
      // In the middle of a handshake no word would be understood.
      if (isShakingHands) socket.destroy();
      else this.#turnAway(socket, error);
      this.#options.onRefused(peer, error);
    };
    const onClose = () => {
      deafen();
      settle.perform();
    };
    const onData = (chunk: Buffer) => {
      try {
        const hailed = reader.push(chunk);
        if (hailed === undefined) return;
        this.#checkManner(hailed);
        if (!hailed.isSecure) this.#checkToken(hailed.hello.token);
        socket.pause();
        deafen();
        isShakingHands = hailed.isSecure;
        if (!hailed.isSecure) {
          settle.perform();
          this.#options.onGreeted({ socket, ...hailed });
        } else void this.#secure(socket, hailed, { peer, timeoutMs: Math.max(1, until - performance.now()), settle });
      } catch (error) {
        refuse(toGodwitError(error));
      }
    };
    const timer = setTimeout(() => refuse(new GodwitError('E_HELLO_TIMEOUT', { timeoutMs })), timeoutMs);
    socket.on('close', onClose);
    socket.on('data', onData);
    const limit = LIMITS.pendingConnections;
    this.#waiting.enter(address, refuse)?.(new GodwitError('E_TOO_MANY', { what: 'connections before hello', limit }));
  }

  /** With a word, as long as few are being told one: a flood of them would hold a descriptor each. */
  #turnAway(socket: net.Socket, error: GodwitError): void {
    if (this.#leaving >= LIMITS.pendingConnections) {
      socket.destroy();
      return;
    }
    this.#leaving += 1;
    socket.once('close', () => {
      this.#leaving -= 1;
    });
    turnAway(socket, error);
  }

  /** Goes on within TLS: with a lane its owner does, in the thread that it is to live in. Never rejects. */
  async #secure(socket: net.Socket, hailed: Hailed, { peer, timeoutMs, settle }: Hurry): Promise<void> {
    const { tls, onRefused, onGreeted } = this.#options;
    const settled = (refused?: GodwitError) => {
      // One that had to make way has been refused already.
      if (refused !== undefined && !settle.isDone) onRefused(peer, refused);
      // Who is being told why holds a descriptor, and his place with it.
      if (refused === undefined || socket.destroyed) settle.perform();
      else socket.once('close', () => settle.perform());
    };
    let secure: net.Socket | undefined;
    try {
      if (tls === undefined) throw new GodwitError('E_TLS_MISSING');
      if (hailed.role === 'lane') {
        onGreeted({ socket, ...hailed, unproven: { peer: `the source ${peer}`, timeoutMs, settled } });
        return;
      }
      const { role, version } = hailed;
      const { migrationId, lane } = hailed.hello;
      const material = tls();
      const said = { role, version, migrationId, lane };
      const accepted = await acceptSecurely(socket, { tls: material, said, peer: `the source ${peer}`, timeoutMs });
      secure = accepted.socket;
      this.#checkToken(accepted.hello.token);
      settle.perform();
      const { fingerprint, hello } = accepted;
      onGreeted({ socket: secure, role, version, hello, secured: { tls: material, fingerprint } });
    } catch (thrown) {
      const error = toGodwitError(thrown);
      // acceptSecurely has said it already.
      if (secure !== undefined || tls === undefined || hailed.role === 'lane') turnAway(secure ?? socket, error);
      settled(error);
    }
  }

  /** @throws GodwitError E_TLS_REQUIRED, E_TLS_MISSING */
  #checkManner({ isSecure }: Hailed): void {
    const hasTls = this.#options.tls !== undefined;
    if (hasTls && !isSecure) throw new GodwitError('E_TLS_REQUIRED');
    if (!hasTls && isSecure) throw new GodwitError('E_TLS_MISSING');
  }

  #checkToken(token: string): void {
    if (!isToken(token, this.#options.token)) throw new GodwitError('E_UNAUTHORIZED');
  }
}

/** A connection that has asked for TLS, while it counts as one before its hello. */
interface Hurry {
  readonly peer: string;
  readonly timeoutMs: number;
  readonly settle: Once;
}

/** What is done the first time that it is asked for. */
class Once {
  readonly #act: () => void;
  #isDone = false;

  constructor(act: () => void) {
    this.#act = act;
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  perform(): void {
    if (this.#isDone) return;
    this.#isDone = true;
    this.#act();
  }
}

/** Whether `given` is the token that is asked for; where none is, anything will do. */
export function isToken(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected)) || expected === '';
}

function explainListen(options: ListenerOptions, error: Error): GodwitError {
  const address = `${options.host}:${options.port}`;
  if (systemCodeOf(error) === 'EADDRINUSE') {
    return new GodwitError('E_PORT_IN_USE', { address, flag: '--listen' }, { cause: error });
  }
  return new GodwitError('E_ADDRESS', { address, problem: systemCodeOf(error) ?? problemOf(error) }, { cause: error });
}
