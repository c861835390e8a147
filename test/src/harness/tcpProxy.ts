import { connect, createServer, type Server, type Socket } from 'node:net';
import { type Direction, FrameTap, type FrameWatcher } from './frameTap.js';

export interface ProxyOptions {
  readonly targetPort: number;
  readonly targetHost?: string;
  /** What all connections together may carry to the destination; unlimited unless told. */
  readonly rateBytesPerSec?: number;
  /** Each part is passed on so much later, order kept. */
  readonly delayMs?: number;
  /** Only this connection (in order of accepting) is delayed. */
  readonly slowConnection?: number;
  /** Sees every byte, of both directions, as it is passed on. */
  readonly record?: (part: Buffer, direction: Direction, connection: number) => void;
  /** Sees every frame of every connection. */
  readonly watch?: FrameWatcher;
}

interface Passage {
  readonly from: Socket;
  readonly to: Socket;
  readonly direction: Direction;
  readonly connection: number;
  readonly tap: FrameTap | undefined;
  readonly delayMs: number;
}

/** Which connections, in order of accepting, in which direction. */
type Covers = (connection: number, direction: Direction) => boolean;

/** Bytes that had passed by a moment, to the destination, over all connections. */
export interface PassedSample {
  readonly atMs: number;
  readonly totalBytes: number;
}

/** A TCP proxy in front of the destination's migration port: counts, slows, stalls, cuts, damages. */
export class TcpProxy {
  readonly samples: PassedSample[] = [];
  readonly passedBytes: Record<Direction, number> = { toDestination: 0, toSource: 0 };
  /** Bytes that passed to the destination, by connection in order of accepting. */
  readonly carriedBytes: number[] = [];
  readonly #options: ProxyOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #connections = 0;
  #refusing = false;
  #stalled: { readonly covers: Covers; readonly waiting: (() => void)[] } | undefined;
  #dueMs = 0;

  private constructor(options: ProxyOptions) {
    this.#options = options;
    this.#server = createServer({ pauseOnConnect: true }, (socket) => this.#accept(socket));
  }

  static async listen(options: ProxyOptions): Promise<TcpProxy> {
    const proxy = new TcpProxy(options);
    await new Promise<void>((resolve, reject) => {
      proxy.#server.once('error', reject);
      proxy.#server.listen(0, '127.0.0.1', resolve);
    });
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }
  /** How many connections were accepted so far. */
  get connections(): number {
    return this.#connections;
  }

  /** Passes nothing more on, without closing: a network that swallows everything, or what these connections carry. */
  stall(covers: Covers = () => true): void {
    this.#stalled ??= { covers, waiting: [] };
  }
  resume(): void {
    const { waiting = [] } = this.#stalled ?? {};
    this.#stalled = undefined;
    for (const go of waiting) go();
  }
  /** Resets every connection; new ones are accepted unless `refuse` is set. */
  cut({ refuse = false } = {}): void {
    this.#refusing = refuse;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }
  /** Takes connections again after cut({ refuse: true }). */
  mend(): void {
    this.#refusing = false;
  }

  async close(): Promise<void> {
    this.resume();
    this.cut({ refuse: true });
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(client: Socket): void {
    if (this.#refusing) {
      client.resetAndDestroy();
      return;
    }
    const connection = this.#connections++;
    this.carriedBytes.push(0);
    const upstream = connect(this.#options.targetPort, this.#options.targetHost ?? '127.0.0.1');
    const tapFor = (direction: Direction): FrameTap | undefined =>
      this.#options.watch === undefined ? undefined : new FrameTap(direction, connection, this.#options.watch);
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      this.#sockets.add(socket);
      const other = socket === client ? upstream : client;
      // A reset on one side is a reset on the other, as it would be without a proxy.
      socket.on('error', () => other.resetAndDestroy());
      socket.on('close', (hadError) => {
        this.#sockets.delete(socket);
        if (hadError) other.destroy();
      });
    }
    const { slowConnection = connection } = this.#options;
    const delayMs = slowConnection === connection ? (this.#options.delayMs ?? 0) : 0;
    const one = { connection, delayMs };
    this.#carry({ ...one, from: client, to: upstream, direction: 'toDestination', tap: tapFor('toDestination') });
    this.#carry({ ...one, from: upstream, to: client, direction: 'toSource', tap: tapFor('toSource') });
  }

  #carry(passage: Passage): void {
    // One promise chain a direction keeps the order; pausing the socket bounds what waits in it.
    passage.from.on('data', (part: Buffer) => {
      passage.from.pause();
      this.#pass(passage, part).then(
        () => passage.from.resume(),
        () => passage.from.destroy(),
      );
    });
    passage.from.on('end', () => passage.to.end());
    passage.from.resume();
  }

  async #pass({ from, to, direction, connection, tap, delayMs }: Passage, part: Buffer): Promise<void> {
    if (delayMs > 0) await pause(delayMs);
    if (direction === 'toDestination') await this.#throttle(part.length);
    await this.#whileStalled(connection, direction);
    const { parts, end } = tap === undefined ? { parts: [part], end: undefined } : tap.push(part);
    // A frame before which the network was to fall silent goes no further.
    await this.#whileStalled(connection, direction);
    for (const piece of parts) {
      this.passedBytes[direction] += piece.length;
      this.#options.record?.(piece, direction, connection);
      if (!to.destroyed && !to.write(piece)) await drained(to);
    }
    if (end !== undefined) {
      // Half a frame goes out before its connection ends; a reset would take it back.
      if (end === 'truncate' && !to.destroyed) await new Promise<void>((resolve) => to.end(resolve));
      from.resetAndDestroy();
      to.resetAndDestroy();
      return;
    }
    if (direction === 'toDestination') {
      this.carriedBytes[connection] = (this.carriedBytes[connection] ?? 0) + part.length;
      this.samples.push({ atMs: performance.now(), totalBytes: this.passedBytes.toDestination });
    }
  }

  async #throttle(bytes: number): Promise<void> {
    const rate = this.#options.rateBytesPerSec;
    if (rate === undefined) return;
    const now = performance.now();
    this.#dueMs = Math.max(this.#dueMs, now - 20) + (bytes / rate) * 1000;
    if (this.#dueMs - now > 1) await pause(this.#dueMs - now);
  }

  #whileStalled(connection: number, direction: Direction): Promise<void> {
    const stalled = this.#stalled;
    if (stalled?.covers(connection, direction) !== true) return Promise.resolve();
    return new Promise((resolve) => stalled.waiting.push(resolve));
  }
}

/** Bytes that passed between two moments, read off the samples. */
export function bytesBetween(samples: readonly PassedSample[], fromMs: number, toMs: number): number {
  const totalAt = (ms: number): number => samples.findLast((sample) => sample.atMs <= ms)?.totalBytes ?? 0;
  return totalAt(toMs) - totalAt(fromMs);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Or closed. Whichever comes, it leaves no listener behind: one connection waits thousands of times. */
function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      socket.off('drain', over).off('close', over);
      resolve();
    };
    socket.on('drain', over).on('close', over);
  });
}
