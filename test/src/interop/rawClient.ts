import { connect, type Socket } from 'node:net';
import type { Stage } from '../harness/stage.js';
import type { Place } from './nbdServer.js';
import {
  COMMAND,
  clientFlags,
  goOption,
  REPLY,
  REPLY_BYTES,
  type RequestFields,
  request,
  SIMPLE_REPLY_MAGIC,
} from './wire.js';

/** NBDMAGIC, IHAVEOPT and the flags. */
const GREETING_BYTES = 18;
const OPTION_REPLY_BYTES = 20;

/** The answer to a request: its errno, and its data where a read went well. */
export interface RawReply {
  readonly cookie: number;
  readonly errno: number;
  readonly data: Buffer;
}

/** An NBD client that says what it is told to, byte by byte, and reads when it is asked to. */
export class RawClient {
  readonly socket: Socket;
  /** Resolves when the connection has ended, by whichever side. */
  readonly ended: Promise<void>;
  #received: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
    this.ended = new Promise((resolve) => socket.once('close', () => resolve()));
    // A connection that breaks ends: `ended` says so, and a read that waits for it fails.
    socket.on('error', () => undefined);
  }

  /** A connection on which nothing was said; destroyed when the stage ends. */
  static async connect(stage: Stage, place: Place): Promise<RawClient> {
    const socket = connect({ ...place, ...('port' in place ? { host: '127.0.0.1' } : {}), noDelay: true });
    const client = new RawClient(socket);
    stage.atEnd(async () => void socket.destroy());
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
    });
    return client;
  }

  /** One that goes on over a socket that stands already, such as what is inside of TLS. */
  static over(socket: Socket): RawClient {
    return new RawClient(socket);
  }

  /** A connection that has chosen an export, with simple replies. */
  static async attach(stage: Stage, place: Place, name: string): Promise<RawClient> {
    const client = await RawClient.connect(stage, place);
    await client.read(GREETING_BYTES);
    client.send(clientFlags(), goOption(name));
    for (;;) {
      const { reply } = await client.optionReply();
      if (reply === REPLY.ack) return client;
      if (reply !== REPLY.info) throw new Error(`GO was answered with ${reply.toString(16)}`);
    }
  }

  send(...parts: readonly Uint8Array[]): void {
    for (const part of parts) this.socket.write(part);
  }

  /** Sends, and waits until the system took all of it. */
  async sent(bytes: Uint8Array): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** The next so many bytes; fails when the connection ends before. Nothing is received while nobody reads. */
  async read(length: number): Promise<Buffer> {
    while (this.#received.length < length) {
      // All there is: asked for more than there is, a stream calls itself readable again and again, and no byte more comes.
      const bytes: unknown = this.socket.read();
      if (Buffer.isBuffer(bytes)) this.#received = Buffer.concat([this.#received, bytes]);
      else if (this.socket.readableEnded || this.socket.destroyed) throw new Error('the connection ended');
      else await this.#readable();
    }
    const bytes = this.#received.subarray(0, length);
    this.#received = this.#received.subarray(length);
    return bytes;
  }

  async optionReply(): Promise<{ readonly option: number; readonly reply: number; readonly data: Buffer }> {
    const head = await this.read(OPTION_REPLY_BYTES);
    const data = await this.read(head.readUInt32BE(16));
    return { option: head.readUInt32BE(8), reply: head.readUInt32BE(12), data };
  }

  /** The next simple reply; `dataBytes` is what follows it when the request went well. */
  async reply(dataBytes = 0): Promise<RawReply> {
    const head = await this.read(REPLY_BYTES);
    if (head.readUInt32BE(0) !== SIMPLE_REPLY_MAGIC) throw new Error(`no simple reply: ${head.toString('hex')}`);
    const errno = head.readUInt32BE(4);
    const data = await this.read(errno === 0 ? dataBytes : 0);
    return { cookie: Number(head.readBigUInt64BE(8)), errno, data };
  }

  /** Sends one request and waits for its answer, which has to be the next. */
  async call(fields: RequestFields): Promise<RawReply> {
    this.send(request(fields));
    return this.reply(fields.command === COMMAND.read ? fields.length : 0);
  }

  /** Ends it without a word, as a client that was killed does. */
  cut(): void {
    // A unix socket knows no reset.
    if (this.socket.remoteAddress === undefined) this.socket.destroy();
    else this.socket.resetAndDestroy();
  }

  #readable(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        for (const event of ['readable', 'end', 'close']) this.socket.removeListener(event, done);
        resolve();
      };
      for (const event of ['readable', 'end', 'close']) this.socket.on(event, done);
    });
  }
}
