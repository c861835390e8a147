import type { Socket } from 'node:net';
import { GodwitError, problemOf, toGodwitError } from '@godwit/errors';
import { LIMITS } from '@godwit/protocol';
import {
  encodeClientFlags,
  encodeInfoRequest,
  encodeMetaContextRequest,
  encodeOption,
  HandshakeParser,
  isErrorReply,
  type OptionReplyFrame,
  parseErrorText,
  parseInfoReply,
  parseMetaContextReply,
  parseServerReply,
} from '../codec/clientCodec.js';
import { ClientFlag, HandshakeFlag, Info, Option, OptionReply, STANDBY_CONTEXT } from '../codec/constants.js';
import type { AgreedContext } from '../codec/metaContexts.js';
import { NbdProtocolError } from '../codec/protocolError.js';
import type { ListedExport } from '../export.js';
import { connectSocket, unreachable } from './connectSocket.js';
import { refusedBy } from './refusal.js';
import { type ClientTls, startClientTls } from './startClientTls.js';
import type { NbdAddress } from './uri.js';

/** How a client reaches a server. */
export interface ReachOptions {
  /** For connecting and all of the handshake. */
  readonly timeoutMs: number;
  /** Wanted, then needed: a server without TLS is refused. */
  readonly tls?: ClientTls;
}

/** What a server says of an export in answer to INFO and GO. */
export interface DescribedExport extends ListedExport {
  readonly size: number;
  /** TransmissionFlag. */
  readonly flags: number;
}

/**
 * The client's side of the handshake, one question at a time. All methods throw GodwitError: E_NBD_REFUSED for
 * what the server refuses, E_UNREACHABLE for silence, a lost connection and for what is no NBD.
 */
export class ClientHandshake {
  readonly #address: NbdAddress;
  #socket: Socket;
  #parser = new HandshakeParser();
  #failure: Error | undefined;
  #wake: () => void = () => undefined;
  readonly #timer: NodeJS.Timeout;

  private constructor(address: NbdAddress, socket: Socket, timer: NodeJS.Timeout, signal: AbortSignal) {
    this.#address = address;
    this.#socket = socket;
    this.#timer = timer;
    signal.addEventListener('abort', () => this.#fail(toGodwitError(signal.reason)), { once: true });
    this.#listen();
  }

  /** Connects, exchanges flags and, if asked to, starts TLS. */
  static async open(address: NbdAddress, options: ReachOptions): Promise<ClientHandshake> {
    const abort = new AbortController();
    const problem = `no answer within ${options.timeoutMs} ms`;
    const timer = setTimeout(() => abort.abort(unreachable(address, problem)), options.timeoutMs);
    try {
      const socket = await connectSocket(address, options.tls !== undefined, abort.signal);
      const handshake = new ClientHandshake(address, socket, timer, abort.signal);
      await handshake.#exchangeFlags();
      if (options.tls !== undefined) await handshake.#startTls(options.tls);
      return handshake;
    } catch (error) {
      clearTimeout(timer);
      throw error;
    }
  }

  /** LIST. */
  async list(): Promise<ListedExport[]> {
    const replies = await this.#ask(Option.list, '');
    return replies.filter(({ type }) => type === OptionReply.server).map(({ data }) => parseServerReply(data));
  }

  /** STRUCTURED_REPLY; false when the server has none. */
  async structuredReplies(): Promise<boolean> {
    return this.#isAccepted(() => this.#ask(Option.structuredReply, ''));
  }

  /** SET_META_CONTEXT: which of `wanted` the server has for the export. Needs structured replies. */
  setContexts(name: string, wanted: readonly string[]): Promise<AgreedContext[]> {
    return this.#contexts(Option.setMetaContext, name, wanted);
  }

  /** LIST_META_CONTEXT: all that the server has for the export. Needs structured replies. */
  listContexts(name: string): Promise<AgreedContext[]> {
    return this.#contexts(Option.listMetaContext, name, []);
  }

  /** INFO. */
  info(name: string): Promise<DescribedExport> {
    return this.#describe(Option.info, name);
  }

  /** GO: requests follow, through what `release` gives. */
  go(name: string): Promise<DescribedExport> {
    return this.#describe(Option.go, name);
  }

  /**
   * SET_META_CONTEXT and GO, both sent before either is answered, for an export that need not be there yet: a server that
   * knows STANDBY_CONTEXT answers when it is, and no time is set for that.
   */
  async standBy(
    name: string,
    wanted: readonly string[],
  ): Promise<{ about: DescribedExport; contexts: AgreedContext[] }> {
    clearTimeout(this.#timer);
    const query = encodeMetaContextRequest(name, [...wanted, STANDBY_CONTEXT]);
    this.#socket.write(encodeOption(Option.setMetaContext, query));
    this.#socket.write(encodeOption(Option.go, encodeInfoRequest(name, [])));
    const contexts = agreedContexts(await this.#replies(Option.setMetaContext, name));
    return { about: this.#described(name, await this.#replies(Option.go, name)), contexts };
  }

  /** The socket, and what was received behind the handshake. */
  release(): { readonly socket: Socket; readonly rest: Buffer } {
    clearTimeout(this.#timer);
    this.#unlisten();
    return { socket: this.#socket, rest: this.#parser.rest() };
  }

  /** ABORT, and the end. */
  abort(): void {
    clearTimeout(this.#timer);
    this.#socket.end(encodeOption(Option.abort), () => this.#socket.destroy());
  }

  /** Drops the connection. */
  destroy(): void {
    clearTimeout(this.#timer);
    this.#socket.destroy();
  }

  async #exchangeFlags(): Promise<void> {
    const flags = await this.#awaited(() => this.#parser.greeting());
    if ((flags & HandshakeFlag.fixedNewstyle) === 0) {
      this.#fail(new NbdProtocolError('the server has no fixed newstyle negotiation'));
    }
    const noZeroes = (flags & HandshakeFlag.noZeroes) === 0 ? 0 : ClientFlag.noZeroes;
    this.#socket.write(encodeClientFlags(ClientFlag.fixedNewstyle | noZeroes));
  }

  async #startTls(tls: ClientTls): Promise<void> {
    await this.#ask(Option.startTls, '');
    this.#unlisten();
    // What came in plain text must not be taken for something that was said inside.
    if (this.#parser.rest().length > 0) this.#fail(new NbdProtocolError('plain text behind the start of TLS'));
    this.#throwFailure();
    this.#parser = new HandshakeParser();
    try {
      this.#socket = await startClientTls(this.#socket, this.#address, tls);
    } catch (error) {
      throw unreachable(this.#address, `TLS: ${problemOf(error)}`, error);
    }
    this.#listen();
  }

  async #contexts(option: number, name: string, queries: readonly string[]): Promise<AgreedContext[]> {
    let replies: OptionReplyFrame[] = [];
    const data = encodeMetaContextRequest(name, queries);
    await this.#isAccepted(async () => {
      replies = await this.#ask(option, name, data);
    });
    return agreedContexts(replies);
  }

  async #describe(option: number, name: string): Promise<DescribedExport> {
    return this.#described(name, await this.#ask(option, name, encodeInfoRequest(name, [Info.name, Info.description])));
  }

  #described(name: string, replies: readonly OptionReplyFrame[]): DescribedExport {
    const described = { name, description: '', size: -1, flags: 0 };
    for (const { data } of replies.filter(({ type }) => type === OptionReply.info)) {
      const info = parseInfoReply(data);
      if (info.kind === 'export') Object.assign(described, { size: info.size, flags: info.flags });
      if (info.kind === 'name') described.name = info.text;
      if (info.kind === 'description') described.description = info.text;
    }
    if (described.size < 0) this.#fail(new NbdProtocolError('an export without a size'));
    this.#throwFailure();
    return described;
  }

  /** False for a server that does not know the option. */
  async #isAccepted(ask: () => Promise<unknown>): Promise<boolean> {
    try {
      await ask();
      return true;
    } catch (error) {
      if (error instanceof GodwitError && error.code === 'E_NBD_REFUSED') return false;
      throw error;
    }
  }

  /** Sends an option; the replies to it up to ACK. @throws GodwitError E_NBD_REFUSED for an error reply */
  #ask(option: number, name: string, data?: Buffer): Promise<OptionReplyFrame[]> {
    this.#socket.write(encodeOption(option, data));
    return this.#replies(option, name);
  }

  /** Of an option that was sent. */
  async #replies(option: number, name: string): Promise<OptionReplyFrame[]> {
    const replies: OptionReplyFrame[] = [];
    for (;;) {
      const reply = await this.#awaited(() => this.#parser.optionReply());
      if (reply.option !== option) this.#fail(new NbdProtocolError(`a reply to option ${reply.option}, not ${option}`));
      if (replies.length >= LIMITS.nbdOptions)
        this.#fail(new NbdProtocolError(`over ${replies.length} option replies`));
      this.#throwFailure();
      if (reply.type === OptionReply.ack) return replies;
      if (isErrorReply(reply.type)) throw refusedBy(this.#address, name, reply.type, parseErrorText(reply.data));
      replies.push(reply);
    }
  }

  /** What `take` finds, as soon as it finds something. */
  async #awaited<T>(take: () => T | undefined): Promise<T> {
    for (;;) {
      this.#throwFailure();
      const found = this.#attempt(take);
      if (found !== undefined) return found;
      if (this.#failure === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  #attempt<T>(take: () => T | undefined): T | undefined {
    try {
      return take();
    } catch (error) {
      if (!(error instanceof NbdProtocolError)) throw error;
      this.#fail(error);
      return undefined;
    }
  }

  #fail(error: Error): void {
    this.#failure ??=
      error instanceof NbdProtocolError
        ? unreachable(this.#address, `protocol violation: ${error.message}`, error)
        : error;
    this.#socket.destroy();
    this.#wake();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #listen(): void {
    this.#socket.on('data', this.#onData).on('close', this.#onClose).on('error', this.#onClose);
  }

  #unlisten(): void {
    this.#socket.pause().off('data', this.#onData).off('close', this.#onClose).off('error', this.#onClose);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#parser.push(chunk);
    this.#wake();
  };

  readonly #onClose = (error?: unknown): void => {
    const problem = error instanceof Error ? problemOf(error) : 'the connection was closed in the handshake';
    this.#fail(unreachable(this.#address, problem, error));
  };
}

function agreedContexts(replies: readonly OptionReplyFrame[]): AgreedContext[] {
  const contexts = replies.filter(({ type }) => type === OptionReply.metaContext);
  return contexts.map((reply) => parseMetaContextReply(reply.data));
}
