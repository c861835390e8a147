import { connect, type Socket } from 'node:net';
import {
  encodeFrame,
  encodePreamble,
  type Frame,
  type FrameHeaders,
  type FrameName,
  FrameParser,
  FrameType,
  type RoleName,
} from '@godwit/protocol';

const NOTHING = new Uint8Array(0);

function isFrameName(name: string): name is FrameName {
  return name in FrameType;
}

/** One connection of a fake peer: frames are sent by name and waited for by name. */
export class WireConnection {
  readonly socket: Socket;
  /** Every frame that came, payloads copied. */
  readonly received: Frame[] = [];
  readonly #parser: FrameParser;
  readonly #waiting = new Set<() => void>();
  readonly #taken = new Set<Frame>();
  #problem: Error | undefined;

  /** `onFrame` is told of each frame as it comes, and nothing is kept then. */
  constructor(socket: Socket, onFrame?: (frame: Frame) => void) {
    this.socket = socket;
    const accepts = Object.keys(FrameType).filter(isFrameName);
    this.#parser = new FrameParser({ accepts, onFrame: onFrame ?? ((frame) => this.#keep(frame)) });
    socket.on('data', (chunk: Buffer) => this.feed(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the connection was closed')));
  }

  static async dial(port: number, role: RoleName, version: number): Promise<WireConnection> {
    const socket = connect(port, '127.0.0.1');
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    socket.write(encodePreamble(role, version));
    return new WireConnection(socket);
  }

  /** Bytes that were read before this took over. */
  feed(chunk: Uint8Array): void {
    try {
      this.#parser.push(chunk);
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
    }
  }

  send<Name extends FrameName>(type: Name, header: FrameHeaders[Name], payload: Uint8Array = NOTHING): void {
    this.socket.cork();
    this.socket.write(encodeFrame(type, header, payload.length));
    if (payload.length > 0) this.socket.write(payload);
    this.socket.uncork();
  }

  /** The header of the next frame of that name, which is then taken. Rejects when the connection ends or fails first. */
  async next<Name extends FrameName>(type: Name): Promise<FrameHeaders[Name]> {
    for (;;) {
      for (const frame of this.received) {
        if (this.#taken.has(frame)) continue;
        if (isOf(frame, type)) {
          this.#taken.add(frame);
          return frame.header;
        }
        if (frame.type === 'Failure')
          throw new Error(`the peer reported ${frame.header.code}: ${frame.header.message}`);
      }
      if (this.#problem !== undefined) throw this.#problem;
      await this.#change();
    }
  }

  /** The frame with this index, once it came; undefined when the connection ended before. */
  async at(index: number): Promise<Frame | undefined> {
    while (this.received[index] === undefined && this.#problem === undefined) await this.#change();
    return this.received[index];
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  close(): void {
    this.socket.destroy();
  }

  #keep(frame: Frame): void {
    this.received.push({ ...frame, payload: Buffer.from(frame.payload) });
    this.#wake();
  }
  #fail(error: Error): void {
    this.#problem ??= error;
    this.#wake();
  }
  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

function isOf<Name extends FrameName>(frame: Frame, type: Name): frame is Frame<Name> & Frame {
  return frame.type === type;
}
