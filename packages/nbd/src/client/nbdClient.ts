import type { Socket } from 'node:net';
import { type GodwitError, problemOf } from '@godwit/errors';
import { LIMITS } from '@godwit/protocol';
import { encodeRequest, type Reply, ReplyParser } from '../codec/clientCodec.js';
import { Command, CommandFlag, REQUEST_BYTES } from '../codec/constants.js';
import type { AgreedContext } from '../codec/metaContexts.js';
import { NbdProtocolError } from '../codec/protocolError.js';
import type { BlockExtent, ChangeFlags } from '../export.js';
import { unreachable } from './connectSocket.js';
import { ClientHandshake, type DescribedExport, type ReachOptions } from './handshake.js';
import { type ClientRequest, PendingRequest } from './pendingRequest.js';
import type { NbdAddress } from './uri.js';

export interface ConnectOptions extends ReachOptions {
  /** Meta contexts to ask for; what the server has of them is `contexts`. */
  readonly contexts?: readonly string[];
  /** Default true: used where the server has them. */
  readonly structuredReplies?: boolean;
}

/** Cookies are 32 bits of the 64 that there are. */
const COOKIES = 2 ** 32;
const NO_FLAGS: Partial<ChangeFlags> = {};

/**
 * A connection to an NBD server, with as many requests in flight as its caller likes; beyond the limits of
 * the protocol package they wait here for their turn, in order. Each method rejects with NbdError for what
 * the server answered, with GodwitError E_UNREACHABLE when the connection ended before it did (it may have happened
 * or not), and with RangeError for what may not be asked.
 */
export class NbdClient {
  readonly name: string;
  readonly size: number;
  /** TransmissionFlag. */
  readonly flags: number;
  readonly contexts: readonly string[];
  /** Resolves when the connection is no more; with the reason unless it was closed or destroyed here. */
  readonly ended: Promise<GodwitError | undefined>;
  readonly #address: NbdAddress;
  readonly #socket: Socket;
  readonly #contextIds: ReadonlyMap<string, number>;
  readonly #parser: ReplyParser;
  /** By cookie. */
  readonly #inFlight = new Map<number, PendingRequest>();
  #inFlightBytes = 0;
  readonly #waiting: PendingRequest[] = [];
  #nextCookie = 0;
  #corked = false;
  #hasEnded = false;
  #resolveEnded: (reason: GodwitError | undefined) => void = () => undefined;

  private constructor(
    address: NbdAddress,
    handshake: ClientHandshake,
    about: DescribedExport,
    contexts: AgreedContext[],
  ) {
    const { socket, rest } = handshake.release();
    this.#address = address;
    this.#socket = socket;
    this.name = about.name;
    this.size = about.size;
    this.flags = about.flags;
    this.contexts = contexts.map((context) => context.name);
    this.#contextIds = new Map(contexts.map((context) => [context.name, context.id]));
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#parser = new ReplyParser({
      maximumPayload: LIMITS.nbdRequestBytes,
      simpleDataBytes: ({ cookieHigh, cookieLow }) => this.#simpleDataBytes(cookieHigh, cookieLow),
    });
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', (error) => this.#end(unreachable(address, problemOf(error), error)));
    socket.on('close', () => this.#end(unreachable(address, 'the connection was closed')));
    if (rest.length > 0) this.#receive(rest);
    socket.resume();
  }

  /** @throws GodwitError E_UNREACHABLE, E_NBD_REFUSED */
  static async connect(address: NbdAddress, exportName: string, options: ConnectOptions): Promise<NbdClient> {
    const handshake = await ClientHandshake.open(address, options);
    try {
      const { contexts: wanted = [], structuredReplies = true } = options;
      const structured = structuredReplies && (await handshake.structuredReplies());
      const contexts = structured && wanted.length > 0 ? await handshake.setContexts(exportName, wanted) : [];
      const about = await handshake.go(exportName);
      return new NbdClient(address, handshake, about, contexts);
    } catch (error) {
      handshake.destroy();
      throw error;
    }
  }

  /**
   * A connection to a server that need not serve the export yet: resolves when it does, without a limit of time where the
   * server lets its clients wait. Until then `signal` ends it; its reason is thrown.
   *
   * @throws GodwitError E_UNREACHABLE, E_NBD_REFUSED
   */
  static async standBy(
    address: NbdAddress,
    exportName: string,
    options: ConnectOptions,
    signal: AbortSignal,
  ): Promise<NbdClient> {
    const handshake = await ClientHandshake.open(address, options);
    const give = () => handshake.destroy();
    signal.addEventListener('abort', give, { once: true });
    try {
      signal.throwIfAborted();
      await handshake.structuredReplies();
      const { about, contexts } = await handshake.standBy(exportName, options.contexts ?? []);
      signal.throwIfAborted();
      return new NbdClient(address, handshake, about, contexts);
    } catch (error) {
      handshake.destroy();
      throw error;
    } finally {
      signal.removeEventListener('abort', give);
    }
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Fills `target`, which must be left alone until then. */
  async read(offset: number, target: Uint8Array): Promise<void> {
    await this.#ask({ command: Command.read, flags: 0, offset, length: target.length, target });
  }

  /** `data` must not change until it is answered. */
  async write(offset: number, data: Uint8Array, flags = NO_FLAGS): Promise<void> {
    const { length } = data;
    await this.#ask({ command: Command.write, flags: commandFlags(flags), offset, length, payload: data });
  }

  async writeZeroes(offset: number, length: number, flags = NO_FLAGS): Promise<void> {
    await this.#ask({ command: Command.writeZeroes, flags: commandFlags(flags), offset, length });
  }

  async trim(offset: number, length: number, flags = NO_FLAGS): Promise<void> {
    await this.#ask({ command: Command.trim, flags: commandFlags(flags), offset, length });
  }

  /** Durable: all that was answered before. */
  async flush(): Promise<void> {
    await this.#ask({ command: Command.flush, flags: 0, offset: 0, length: 0 });
  }

  async cache(offset: number, length: number): Promise<void> {
    await this.#ask({ command: Command.cache, flags: 0, offset, length });
  }

  /** Runs from `offset` on in one of `contexts`, at least one; they may end before `length`. */
  blockStatus(context: string, offset: number, length: number): Promise<BlockExtent[]> {
    const contextId = this.#contextIds.get(context);
    if (contextId === undefined) return Promise.reject(new RangeError(`the context ${context} was not agreed on`));
    return this.#ask({ command: Command.blockStatus, flags: 0, offset, length, contextId });
  }

  /** Says good-bye behind what is in flight, which may get no answer any more. Resolves when the connection is closed. */
  async close(): Promise<void> {
    if (!this.#hasEnded) {
      this.#socket.end(this.#head({ command: Command.disconnect, flags: 0, offset: 0, length: 0 }, 0));
    }
    await this.ended;
  }

  /** Ends at once: what is in flight fails, and no target is written to after this. */
  destroy(): void {
    this.#end(undefined);
  }

  #ask(request: ClientRequest): Promise<BlockExtent[]> {
    return new Promise((resolve, reject) => {
      const problem = this.#problemOf(request);
      if (problem !== undefined) return reject(problem);
      this.#waiting.push(new PendingRequest(request, resolve, reject));
      this.#sendWaiting();
    });
  }

  #problemOf({ command, offset, length }: ClientRequest): Error | undefined {
    if (this.#hasEnded) return unreachable(this.#address, 'the connection has ended');
    const carries = command === Command.read || command === Command.write;
    const most = carries ? LIMITS.nbdRequestBytes : COOKIES - 1;
    const least = command === Command.flush ? 0 : 1;
    const fits = Number.isSafeInteger(offset) && offset >= 0 && offset + length <= this.size;
    if (fits && length >= least && length <= most) return undefined;
    return new RangeError(`${length} bytes at ${offset} of an export of ${this.size}`);
  }

  #sendWaiting(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#hasRoomFor(next); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#send(next);
    }
  }

  #hasRoomFor({ payloadBytes }: PendingRequest): boolean {
    if (this.#inFlight.size >= LIMITS.nbdInFlightRequests) return false;
    return this.#inFlight.size === 0 || this.#inFlightBytes + payloadBytes <= LIMITS.nbdInFlightBytes;
  }

  #send(pending: PendingRequest): void {
    do this.#nextCookie = (this.#nextCookie + 1) % COOKIES;
    while (this.#inFlight.has(this.#nextCookie));
    this.#inFlight.set(this.#nextCookie, pending);
    this.#inFlightBytes += pending.payloadBytes;
    this.#cork();
    this.#socket.write(this.#head(pending.request, this.#nextCookie));
    if (pending.request.payload !== undefined) this.#socket.write(pending.request.payload);
  }

  #head({ command, flags, offset, length }: ClientRequest, cookieLow: number): Buffer {
    const head = Buffer.allocUnsafe(REQUEST_BYTES);
    encodeRequest(head, 0, { command, flags, offset, length, cookieHigh: 0, cookieLow });
    return head;
  }

  /** All requests of one turn leave in one system call. */
  #cork(): void {
    if (this.#corked) return;
    this.#corked = true;
    this.#socket.cork();
    process.nextTick(() => {
      this.#corked = false;
      this.#socket.uncork();
    });
  }

  #receive(chunk: Buffer): void {
    if (this.#hasEnded) return;
    try {
      this.#parser.push(chunk);
      for (let reply = this.#parser.next(); reply !== undefined; reply = this.#parser.next()) this.#take(reply);
    } catch (error) {
      if (!(error instanceof NbdProtocolError)) throw error;
      this.#end(unreachable(this.#address, `protocol violation: ${error.message}`, error));
    }
    if (!this.#hasEnded) this.#sendWaiting();
  }

  #take(reply: Reply): void {
    const pending = reply.cookieHigh === 0 ? this.#inFlight.get(reply.cookieLow) : undefined;
    if (pending === undefined) throw new NbdProtocolError('a reply to no request of ours');
    pending.take(reply);
    if (!reply.done) return;
    this.#inFlight.delete(reply.cookieLow);
    this.#inFlightBytes -= pending.payloadBytes;
  }

  #simpleDataBytes(cookieHigh: number, cookieLow: number): number | undefined {
    const pending = cookieHigh === 0 ? this.#inFlight.get(cookieLow) : undefined;
    if (pending === undefined) return undefined;
    return pending.request.command === Command.read ? pending.request.length : 0;
  }

  #end(reason: GodwitError | undefined): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#socket.destroy();
    const error = reason ?? unreachable(this.#address, 'the connection was given up');
    for (const pending of [...this.#inFlight.values(), ...this.#waiting]) pending.fail(error);
    this.#inFlight.clear();
    this.#waiting.length = 0;
    this.#resolveEnded(reason);
  }
}

function commandFlags({ fua = false, noHole = false, fastZero = false }: Partial<ChangeFlags>): number {
  const flag = (isSet: boolean, bit: number) => (isSet ? bit : 0);
  return flag(fua, CommandFlag.fua) | flag(noHole, CommandFlag.noHole) | flag(fastZero, CommandFlag.fastZero);
}
