import net from 'node:net';
import type { OutboxSink } from './outbox.js';
import { type TlsMaterial, upgradeToTls } from './tls.js';

/** One read of the system fills this; unix sockets hold a fifth of it, TCP some megabytes. */
const RECEIVE_BYTES = 1024 * 1024;
/** How long a client may leave its side open after ours has ended. */
const LINGER_MS = 1000;

/** Whoever reads a client's bytes in the current phase. */
export interface StreamReader {
  /** The bytes stay as they are until the next call, and while the stream is held. */
  received(chunk: Buffer): void;
  /** Where the next bytes may be put; `filled` then says how many came. */
  target?(): Buffer | undefined;
  filled?(bytes: number): void;
}

/** What becomes of a connection. Each is called once at most. */
export interface StreamEvents {
  /** The client has ended its side, or all is lost: nothing more comes. `problem`: not in order. */
  readonly onLeft: (problem: string | undefined) => void;
  /** The socket is closed. */
  readonly onClosed: () => void;
}

/**
 * The bytes from and to one client. Plain descriptors are read through `onread` (a third of the processor time of
 * 'data' events); a socket that was opened so cannot turn to TLS, so others are read by events.
 */
export class ClientStream implements OutboxSink {
  readonly #events: StreamEvents;
  #socket: net.Socket;
  #reader: StreamReader | undefined;
  #isHeld = false;
  #isEnding = false;
  #hasLeft = false;
  #linger: NodeJS.Timeout | undefined;

  private constructor(socket: (stream: ClientStream) => net.Socket, events: StreamEvents) {
    this.#events = events;
    this.#socket = socket(this);
    this.#socket.setNoDelay(true);
    this.#listen(this.#socket);
  }

  /** A connected descriptor, in whatever thread this is; `mayTurnToTls` costs speed. Reads from `start` on. */
  static adopt(fd: number, mayTurnToTls: boolean, events: StreamEvents): ClientStream {
    if (mayTurnToTls) return ClientStream.wrap(new net.Socket({ fd, readable: true, writable: true }), events);
    return new ClientStream((stream) => {
      const onread = stream.#intoBuffers();
      return new net.Socket({ fd, readable: true, writable: true, ...{ onread } });
    }, events);
  }

  /** A connected socket of this thread that nobody has read. */
  static wrap(socket: net.Socket, events: StreamEvents): ClientStream {
    const stream = new ClientStream(() => socket, events);
    socket.on('data', stream.#onData);
    return stream;
  }

  /** Bytes that the system has not taken. */
  get queuedBytes(): number {
    return this.#socket.writableLength;
  }
  /** True when nothing more can be read from the client. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  start(reader: StreamReader): void {
    this.#reader = reader;
    this.#socket.resume();
    // One that was closed before says so no more; told later, so that the caller knows this stream by then.
    if (this.#socket.destroyed) queueMicrotask(() => this.#closed());
  }

  /** The reader of the next phase. */
  handOver(reader: StreamReader): void {
    this.#reader = reader;
  }

  /** Reads no more until `readOn`. What the reader was given stays as it is. */
  hold(): void {
    if (this.#isHeld || this.#isEnding) return;
    this.#isHeld = true;
    this.#socket.pause();
  }

  readOn(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#socket.resume();
  }

  cork(): void {
    this.#socket.cork();
  }
  uncork(): void {
    this.#socket.uncork();
  }
  /** The bytes must stay untouched until `onTaken`. Says nothing after the end. */
  write(bytes: Uint8Array, onTaken?: () => void): void {
    if (this.#isEnding || this.#hasLeft) return;
    this.#socket.write(bytes, onTaken);
  }

  /** Resolves when the system has taken everything, or the socket is closed. */
  drained(): Promise<void> {
    const socket = this.#socket;
    if (!socket.writableNeedDrain || socket.destroyed) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        socket.off('drain', done);
        socket.off('close', done);
        resolve();
      };
      socket.on('drain', done);
      socket.on('close', done);
    });
  }

  /** Goes on inside TLS; from here on received bytes are the client's part of the handshake. Rejects when that fails; the socket is closed then. */
  async upgrade(material: TlsMaterial, timeoutMs: number): Promise<void> {
    const plain = this.#socket;
    plain.off('data', this.#onData);
    plain.off('end', this.#onEnd);
    plain.pause();
    const secure = await upgradeToTls(plain, material, timeoutMs);
    plain.off('close', this.#onClose);
    this.#socket = secure;
    this.#listen(secure);
    secure.on('data', this.#onData);
    if (this.#isEnding) this.#closeWriting();
    if (plain.destroyed) secure.destroy();
  }

  /**
   * Ends in order: what was written is still delivered, what comes is thrown away (unread bytes would reset the
   * connection and take the last replies with them), and a client that does not end its side is not waited for.
   */
  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#reader = undefined;
    this.#closeWriting();
  }

  destroy(): void {
    this.#isEnding = true;
    this.#reader = undefined;
    this.#socket.destroy();
  }

  #closeWriting(): void {
    this.#isHeld = false;
    this.#socket.end();
    this.#socket.resume();
    this.#linger ??= setTimeout(() => this.#socket.destroy(), LINGER_MS);
  }

  #listen(socket: net.Socket): void {
    socket.on('error', this.#onError);
    socket.on('end', this.#onEnd);
    socket.on('close', this.#onClose);
  }

  readonly #onData = (chunk: Buffer): void => this.#reader?.received(chunk);
  readonly #onError = (error: Error): void => this.#left(error.message);
  readonly #onEnd = (): void => this.#left(undefined);
  readonly #onClose = (): void => this.#closed();

  #left(problem: string | undefined): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.#events.onLeft(problem);
  }

  #closed(): void {
    clearTimeout(this.#linger);
    this.#reader = undefined;
    this.#left(undefined);
    this.#events.onClosed();
  }

  /** Payloads go straight to their place, everything else into one buffer. */
  #intoBuffers(): net.OnReadOpts {
    const receiveBuffer = Buffer.allocUnsafeSlow(RECEIVE_BYTES);
    return {
      buffer: () => this.#reader?.target?.() ?? receiveBuffer,
      callback: (bytes, buffer) => {
        if (buffer === receiveBuffer) this.#reader?.received(receiveBuffer.subarray(0, bytes));
        else this.#reader?.filled?.(bytes);
        return !this.#isHeld;
      },
    };
  }
}
