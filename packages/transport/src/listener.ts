import { createHash, timingSafeEqual } from 'node:crypto';
import net from 'node:net';
import { GodwitError, problemOf, systemCodeOf, toGodwitError } from '@godwit/errors';
import { encodeFrame, LIMITS } from '@godwit/protocol';
import { failureOf } from './frameSocket.js';
import { type Greeted, HelloReader } from './helloReader.js';
import { WaitingRoom } from './waitingRoom.js';

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly token: string;
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
    let isSettled = false;
    const settle = () => {
      if (isSettled) return;
      isSettled = true;
      clearTimeout(timer);
      socket.off('data', onData);
      socket.off('close', onClose);
      this.#waiting.leave(address, refuse);
    };
    const refuse = (error: GodwitError) => {
      settle();
      this.#turnAway(socket, error);
      this.#options.onRefused(peer, error);
    };
    const onClose = () => settle();
    const onData = (chunk: Buffer) => {
      try {
        const greeted = reader.push(chunk);
        if (greeted === undefined) return;
        this.#checkToken(greeted.hello.token);
        socket.pause();
        settle();
        this.#options.onGreeted({ socket, ...greeted });
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

  #checkToken(token: string): void {
    const digest = (text: string) => createHash('sha256').update(text).digest();
    const equal = timingSafeEqual(digest(token), digest(this.#options.token));
    if (this.#options.token !== '' && !equal) throw new GodwitError('E_UNAUTHORIZED');
  }
}

/** Ends a connection that nobody owns yet with a named error. */
export function turnAway(socket: net.Socket, error: GodwitError): void {
  socket.resume();
  socket.end(encodeFrame('Failure', failureOf(error)));
  // The peer's patience is not ours: what it does not read within a second is dropped, whatever it says.
  const timer = setTimeout(() => socket.destroy(), 1000);
  socket.once('close', () => clearTimeout(timer));
}

function explainListen(options: ListenerOptions, error: Error): GodwitError {
  const address = `${options.host}:${options.port}`;
  if (systemCodeOf(error) === 'EADDRINUSE') {
    return new GodwitError('E_PORT_IN_USE', { address, flag: '--listen' }, { cause: error });
  }
  return new GodwitError('E_ADDRESS', { address, problem: systemCodeOf(error) ?? problemOf(error) }, { cause: error });
}
