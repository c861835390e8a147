import net from 'node:net';

const GREETING_BYTES = 18;
const OPTION_MAGIC = 'IHAVEOPT';

export interface RawRequest {
  readonly command: number;
  readonly flags?: number;
  readonly cookie?: number;
  readonly offset?: number | bigint;
  readonly length?: number;
  readonly payload?: Buffer;
}

export interface OptionAnswer {
  readonly option: number;
  readonly type: number;
  readonly data: Buffer;
}

/** One reply: simple, with the data of a read, or a chunk. */
export interface Reply {
  readonly kind: 'simple' | 'chunk';
  readonly cookie: number;
  /** errno of a simple reply, type of a chunk. */
  readonly code: number;
  readonly flags: number;
  readonly data: Buffer;
}

/** The request message by hand: magic, flags, type, cookie, offset, length, payload. */
export function requestBytes(request: RawRequest): Buffer {
  const { command, flags = 0, cookie = 1, offset = 0, payload = Buffer.alloc(0) } = request;
  const head = Buffer.alloc(28);
  head.writeUInt32BE(0x25609513, 0);
  head.writeUInt16BE(flags, 4);
  head.writeUInt16BE(command, 6);
  head.writeBigUInt64BE(BigInt(cookie), 8);
  head.writeBigUInt64BE(BigInt(offset), 16);
  head.writeUInt32BE(request.length ?? payload.length, 24);
  return Buffer.concat([head, payload]);
}

export function optionBytes(option: number, data: Buffer = Buffer.alloc(0)): Buffer {
  const numbers = Buffer.alloc(8);
  numbers.writeUInt32BE(option, 0);
  numbers.writeUInt32BE(data.length, 4);
  return Buffer.concat([Buffer.from(OPTION_MAGIC), numbers, data]);
}

/** Data of INFO and GO without questions. */
export function goData(name: string): Buffer {
  return Buffer.concat([u32(Buffer.byteLength(name)), Buffer.from(name), Buffer.from([0, 0])]);
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A client that says the bytes that a test gives it. */
export class RawClient {
  readonly socket: net.Socket;
  /** Resolves when the server has ended the connection, however. */
  readonly ended: Promise<void>;
  #chunks: Buffer[] = [];
  #unread = 0;
  #isOver = false;
  #look: () => void = () => undefined;

  constructor(socket: net.Socket) {
    this.socket = socket;
    this.ended = new Promise((resolve) => {
      const over = () => {
        this.#isOver = true;
        this.#look();
        resolve();
      };
      socket.on('end', over);
      socket.on('close', over);
    });
    // A server that refuses may reset the connection: `ended` says so.
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#unread += chunk.length;
      this.#look();
    });
  }

  static async connect(address: net.NetConnectOpts): Promise<RawClient> {
    const socket = net.connect(address);
    const client = new RawClient(socket);
    await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
    return client;
  }

  /** Received and not yet looked at. */
  get unread(): number {
    return this.#unread;
  }

  send(...parts: Buffer[]): void {
    this.socket.write(Buffer.concat(parts));
  }

  async read(bytes: number): Promise<Buffer> {
    while (this.#unread < bytes) {
      if (this.#isOver) throw new Error(`the server ended; ${bytes} bytes wanted, ${this.#unread} there`);
      await new Promise<void>((resolve) => {
        this.#look = resolve;
      });
    }
    const all = Buffer.concat(this.#chunks);
    this.#chunks = [all.subarray(bytes)];
    this.#unread -= bytes;
    return all.subarray(0, bytes);
  }

  /** Greeting and client flags: fixed newstyle, no zeroes. */
  async greet(): Promise<void> {
    await this.read(GREETING_BYTES);
    this.send(u32(3));
  }

  async optionAnswer(): Promise<OptionAnswer> {
    const head = await this.read(20);
    const data = await this.read(head.readUInt32BE(16));
    return { option: head.readUInt32BE(8), type: head.readUInt32BE(12), data };
  }

  /** All answers to one option, up to ACK or an error. */
  async ask(option: number, data?: Buffer): Promise<OptionAnswer> {
    this.send(optionBytes(option, data));
    for (;;) {
      const answer = await this.optionAnswer();
      if (answer.type === 1 || answer.type >= 0x80000000) return answer;
    }
  }

  /** From the greeting to transmission. */
  async choose(name: string, options: { structured?: boolean; contexts?: readonly string[] } = {}): Promise<void> {
    await this.greet();
    if (options.structured === true) await this.ask(8);
    const contexts = options.contexts ?? [];
    if (contexts.length > 0) {
      const queries = contexts.map((query) => Buffer.concat([u32(query.length), Buffer.from(query)]));
      await this.ask(10, Buffer.concat([u32(name.length), Buffer.from(name), u32(contexts.length), ...queries]));
    }
    const answer = await this.ask(7, goData(name));
    if (answer.type !== 1)
      throw new Error(`GO was answered with 0x${answer.type.toString(16)}: ${answer.data.toString()}`);
  }

  /** The next reply; `readBytes` of data follow a simple reply without an error. */
  async reply(readBytes = 0): Promise<Reply> {
    const magic = (await this.read(4)).readUInt32BE(0);
    if (magic === 0x67446698) {
      const rest = await this.read(12);
      const code = rest.readUInt32BE(0);
      const data = await this.read(code === 0 ? readBytes : 0);
      return { kind: 'simple', cookie: Number(rest.readBigUInt64BE(4)), code, flags: 0, data };
    }
    if (magic !== 0x668e33ef) throw new Error(`reply magic 0x${magic.toString(16)}`);
    const rest = await this.read(16);
    const data = await this.read(rest.readUInt32BE(12));
    const [flags, code] = [rest.readUInt16BE(0), rest.readUInt16BE(2)];
    return { kind: 'chunk', cookie: Number(rest.readBigUInt64BE(4)), code, flags, data };
  }

  /** One request and its errno, whatever the form of the reply. */
  async errnoOf(request: RawRequest): Promise<number> {
    this.send(requestBytes(request));
    const reply = await this.reply(request.command === 0 ? (request.length ?? 0) : 0);
    if (reply.kind === 'simple') return reply.code;
    return reply.code >= 0x8000 ? reply.data.readUInt32BE(0) : 0;
  }
}
