/**
 * Server side of the handshake ("Newstyle negotiation"): after our greeting the client sends its flags (u32),
 * then options, each `IHAVEOPT`, u32 option, u32 length, data. Called by the connection, knows no socket.
 */
import { LIMITS } from '@godwit/protocol';
import { ByteQueue } from './byteQueue.js';
import { ClientFlag, OPTION_HEAD_BYTES, OPTION_MAGIC } from './constants.js';
import { NbdProtocolError } from './protocolError.js';

const CLIENT_FLAGS_BYTES = 4;
const MAGIC_BYTES = 8;
const KNOWN_CLIENT_FLAGS = ClientFlag.fixedNewstyle | ClientFlag.noZeroes;
const NO_DATA = Buffer.alloc(0);

/** One option of a client. */
export interface OptionFrame {
  readonly option: number;
  /** Its own copy; empty when `tooBig`. */
  readonly data: Buffer;
  /** The data was longer than `LIMITS.nbdOptionBytes` and was skipped without being kept. */
  readonly tooBig: boolean;
}

/** "Client flags": the server must drop who sets others. @throws NbdProtocolError */
export function checkClientFlags(flags: number): void {
  if ((flags & ~KNOWN_CLIENT_FLAGS) === 0) return;
  throw new NbdProtocolError(`client flags 0x${flags.toString(16)}: only bits 0 and 1 are known`);
}

/** Takes the stream apart, however it was split. After NbdProtocolError it is of no use any more. */
export class OptionParser {
  readonly #queue = new ByteQueue();
  #clientFlags: number | undefined;
  #wantsFlags: boolean;
  /** Option whose data is being skipped, and how much is still to come. */
  #skipping: { readonly option: number; missing: number } | undefined;

  /** @param start 'options' for the first message inside of TLS: the client's flags are not sent again */
  constructor(start: 'client-flags' | 'options' = 'client-flags') {
    this.#wantsFlags = start === 'client-flags';
  }

  /**
   * Appends a copy of the chunk.
   *
   * @throws NbdProtocolError when more than `LIMITS.nbdQueuedOptionBytes` wait: no client sends on that far
   *   without an answer
   */
  push(chunk: Uint8Array): void {
    const skipped = Math.min(this.#skipping?.missing ?? 0, chunk.length);
    if (this.#skipping !== undefined) this.#skipping.missing -= skipped;
    const queuedBytes = this.#queue.length + chunk.length - skipped;
    if (queuedBytes > LIMITS.nbdQueuedOptionBytes) {
      throw new NbdProtocolError(`${queuedBytes} bytes of options that wait for answers to earlier ones`);
    }
    if (skipped < chunk.length) this.#queue.push(chunk.subarray(skipped));
  }

  /**
   * The next option that is there as a whole; it is removed. What comes behind it is `rest()`.
   *
   * @throws NbdProtocolError for a wrong magic or unknown client flags
   */
  next(): OptionFrame | undefined {
    if (!this.#readClientFlags()) return undefined;
    if (this.#skipping === undefined) return this.#nextOption();
    return this.#skipped(this.#skipping);
  }

  /**
   * The client's flags once they are there; undefined for a parser that began inside of TLS.
   *
   * @throws NbdProtocolError for unknown ones
   */
  get clientFlags(): number | undefined {
    this.#readClientFlags();
    return this.#clientFlags;
  }

  /** Bytes behind the last option that next() gave, removed: requests, or, behind STARTTLS, what a client must not have sent. */
  rest(): Buffer {
    return this.#queue.take(this.#queue.length);
  }

  #readClientFlags(): boolean {
    if (!this.#wantsFlags) return true;
    if (this.#queue.length < CLIENT_FLAGS_BYTES) return false;
    const flags = this.#queue.take(CLIENT_FLAGS_BYTES).readUInt32BE(0);
    checkClientFlags(flags);
    this.#clientFlags = flags;
    this.#wantsFlags = false;
    return true;
  }

  #nextOption(): OptionFrame | undefined {
    const head = this.#queue.view();
    if (head.length < MAGIC_BYTES) return undefined;
    const magic = head.readBigUInt64BE(0);
    if (magic !== OPTION_MAGIC) throw new NbdProtocolError(`option magic 0x${magic.toString(16)}, not IHAVEOPT`);
    if (head.length < OPTION_HEAD_BYTES) return undefined;
    const option = head.readUInt32BE(8);
    const dataBytes = head.readUInt32BE(12);
    if (dataBytes > LIMITS.nbdOptionBytes) return this.#skip(option, dataBytes);
    if (head.length < OPTION_HEAD_BYTES + dataBytes) return undefined;
    this.#queue.drop(OPTION_HEAD_BYTES);
    return { option, data: this.#queue.take(dataBytes), tooBig: false };
  }

  #skip(option: number, dataBytes: number): OptionFrame | undefined {
    this.#queue.drop(OPTION_HEAD_BYTES);
    const here = Math.min(dataBytes, this.#queue.length);
    this.#queue.drop(here);
    this.#skipping = { option, missing: dataBytes - here };
    return this.#skipped(this.#skipping);
  }

  #skipped(skipping: { readonly option: number; readonly missing: number }): OptionFrame | undefined {
    if (skipping.missing > 0) return undefined;
    this.#skipping = undefined;
    return { option: skipping.option, data: NO_DATA, tooBig: true };
  }
}
