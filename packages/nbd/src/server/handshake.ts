import { problemOf } from '@godwit/errors';
import { Negotiation, type NegotiationStep } from '../codec/negotiation.js';
import { OptionParser } from '../codec/optionParser.js';
import type { Exports } from '../export.js';
import type { ClientStream, StreamReader } from './clientStream.js';
import { Deadline } from './deadline.js';
import type { TlsMaterial } from './tls.js';

/** With more than this unread by the client, its next option has to wait. */
const QUEUED_BYTES = 1024 * 1024;

/** How a server stands to TLS, and with what. */
export type ServerTls =
  | { readonly mode: 'off' }
  | { readonly mode: 'allow' | 'require'; readonly material: TlsMaterial };

/** The step that ends a handshake well. */
type Agreement = Extract<NegotiationStep, { type: 'transmission' }>;

export interface HandshakeOptions {
  readonly stream: ClientStream;
  readonly exports: Exports;
  readonly tls: ServerTls;
  /** Time that the client may take, in ms; that which its export takes is not counted. */
  readonly timeoutMs: number;
  /** The export was chosen; `rest` came behind the choice. Nothing was answered to it yet. */
  readonly onAgreed: (agreement: Agreement, rest: Buffer) => void;
  /** Called once when it comes to nothing, with a reason when the client did not want that. */
  readonly onOver: (reason: string | undefined) => void;
}

/** One client's way to an export: greeting, options one at a time, TLS. */
export class Handshake implements StreamReader {
  readonly #options: HandshakeOptions;
  readonly #negotiation: Negotiation;
  readonly #deadline: Deadline;
  #parser = new OptionParser();
  #hasFlags = false;
  #isAnswering = false;
  #isOver = false;

  /** Sends the greeting. */
  constructor(options: HandshakeOptions) {
    this.#options = options;
    this.#negotiation = new Negotiation(options.exports, { tls: options.tls.mode });
    this.#deadline = new Deadline(options.timeoutMs, () => {
      this.#end(`no export was chosen within ${options.timeoutMs} ms`);
    });
    options.stream.write(this.#negotiation.greeting());
  }

  /** Goes on while an option is answered, up to the parser's limit: that a client leaves while it waits is noticed by reading. */
  received(chunk: Buffer): void {
    if (this.#isOver) return;
    try {
      this.#parser.push(chunk);
    } catch (error) {
      this.#end(problemOf(error));
      return;
    }
    if (!this.#isAnswering) void this.#answerAll();
  }

  /** Nothing more is answered. */
  stop(): void {
    this.#isOver = true;
    this.#deadline.pause();
  }

  /** Never rejects. */
  async #answerAll(): Promise<void> {
    this.#isAnswering = true;
    try {
      while (!this.#isOver && (await this.#answerNext()));
    } catch (error) {
      this.#end(problemOf(error));
    }
    this.#isAnswering = false;
  }

  /** False when there is no option to answer. */
  async #answerNext(): Promise<boolean> {
    const frame = this.#parser.next();
    this.#readFlags();
    if (frame === undefined) return false;
    this.#deadline.pause();
    const step = await this.#negotiation.step(frame);
    if (this.#isOver) return false;
    this.#deadline.resume();
    await this.#follow(step);
    return true;
  }

  #readFlags(): void {
    const flags = this.#hasFlags ? undefined : this.#parser.clientFlags;
    if (flags === undefined) return;
    this.#hasFlags = true;
    this.#negotiation.clientFlags(flags);
  }

  async #follow(step: NegotiationStep): Promise<void> {
    const { stream } = this.#options;
    switch (step.type) {
      case 'reply':
        stream.write(step.bytes);
        if (stream.queuedBytes > QUEUED_BYTES) await stream.drained();
        return;
      case 'start-tls':
        await this.#startTls(step.bytes);
        return;
      case 'transmission':
        this.stop();
        this.#options.onAgreed(step, this.#parser.rest());
        return;
      case 'close':
        if (step.bytes.length > 0) stream.write(step.bytes);
        this.#end(step.reason);
    }
  }

  /**
   * What came in plain text behind STARTTLS may be a stranger's, to be taken for the client's once it is in TLS
   * ("NBD_OPT_STARTTLS"; CVE-2021-3716 was of this kind): a client waits for the answer, so nobody loses by an end.
   */
  async #startTls(acknowledgement: Buffer): Promise<void> {
    const { stream, tls } = this.#options;
    if (tls.mode === 'off') throw new Error('TLS was agreed, and there is none');
    if (this.#parser.rest().length > 0) throw new Error('bytes in plain text behind STARTTLS');
    stream.write(acknowledgement);
    const timeLeftMs = this.#deadline.leftMs;
    await stream.upgrade(tls.material, timeLeftMs);
    this.#parser = new OptionParser('options');
    this.#negotiation.tlsEstablished();
  }

  #end(reason: string | undefined): void {
    if (this.#isOver) return;
    this.stop();
    this.#options.onOver(reason);
  }
}
