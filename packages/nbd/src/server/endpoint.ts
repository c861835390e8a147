import net from 'node:net';
import { GodwitError, problemOf, systemCodeOf, toGodwitError } from '@godwit/errors';
import { clearSocketPath, refusal } from './socketPath.js';

/** Clients that the kernel lets queue while this thread is busy. */
const BACKLOG = 128;
/** A client that is silent for so long is asked whether it is there: the kernel's two hours keep a dead host's place. */
const KEEP_ALIVE_MS = 60_000;

/** Where clients connect: a TCP port (0: any) or the path of a unix socket. */
export type EndpointAddress = { readonly host: string; readonly port: number } | { readonly path: string };

export interface EndpointOptions {
  /** The option that named the address, for what a refusal says. */
  readonly flag: string;
  /** Takes over a connected socket; it is paused, and no byte of it has been read. */
  readonly onConnection: (socket: net.Socket) => void;
  /** Beyond so many that are open, a new connection is closed at once. */
  readonly maximumConnections: number;
  /**
   * Connections that are open now, for an owner that moves them to other threads or has several endpoints.
   * Where it is missing, those count whose sockets in this thread are not closed.
   */
  readonly openConnections?: () => number;
  /** A connection that was closed at once; for the log. */
  readonly onRefused?: (error: GodwitError) => void;
  /** What goes wrong with the endpoint while it is open (no descriptor for a connection); for the log. */
  readonly onError?: (error: GodwitError) => void;
}

/** One place where NBD clients connect. Speaks nothing itself: whoever takes the socket does. */
export class NbdEndpoint {
  readonly #server: net.Server;
  readonly #options: EndpointOptions;
  readonly #sockets = new Set<net.Socket>();

  private constructor(options: EndpointOptions) {
    this.#options = options;
    const settings = { pauseOnConnect: true, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS };
    this.#server = net.createServer(settings, (socket) => this.#accept(socket));
  }

  /** E_PORT_IN_USE, E_ADDRESS; for a path E_SOCKET_PATH. */
  static async listen(address: EndpointAddress, options: EndpointOptions): Promise<NbdEndpoint> {
    if ('path' in address) await clearSocketPath(address.path);
    const endpoint = new NbdEndpoint(options);
    await new Promise<void>((resolve, reject) => {
      let isListening = false;
      // For good: an 'error' that nobody listens to would end the process.
      endpoint.#server.on('error', (error) => {
        if (isListening) options.onError?.(toGodwitError(error));
        else reject(explainListen(address, options.flag, error));
      });
      endpoint.#server.listen({ ...address, backlog: BACKLOG }, () => {
        isListening = true;
        resolve();
      });
    });
    return endpoint;
  }

  /** The TCP port that was given or chosen; undefined for a unix socket. */
  get port(): number | undefined {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : undefined;
  }

  /**
   * Takes no new connections and removes the path of a unix socket; those that were handed on go on.
   * Resolves when all sockets that stayed in this thread are closed.
   */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #accept(socket: net.Socket): void {
    socket.on('error', () => socket.destroy());
    const open = this.#options.openConnections?.() ?? this.#sockets.size;
    if (open >= this.#options.maximumConnections) {
      socket.destroy();
      this.#options.onRefused?.(
        new GodwitError('E_TOO_MANY', { what: 'NBD connections', limit: this.#options.maximumConnections }),
      );
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    this.#options.onConnection(socket);
  }
}

function explainListen(address: EndpointAddress, flag: string, error: Error): GodwitError {
  const code = systemCodeOf(error);
  const problem = code ?? problemOf(error);
  if ('path' in address) return refusal(address.path, `cannot be listened on (${problem})`, error);
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  const text = `${host}:${address.port}`;
  if (code === 'EADDRINUSE') return new GodwitError('E_PORT_IN_USE', { address: text, flag }, { cause: error });
  return new GodwitError('E_ADDRESS', { address: text, problem }, { cause: error });
}
