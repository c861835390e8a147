/** Client side of "Newstyle negotiation": what a server sends before requests, taken apart however it was split. */
import { LIMITS } from '@godwit/protocol';
import { ByteQueue } from './byteQueue.js';
import {
  EXPORT_NAME_REPLY_BYTES,
  EXPORT_NAME_ZEROES,
  GREETING_BYTES,
  GREETING_MAGIC,
  OLDSTYLE_MAGIC,
  OPTION_MAGIC,
  OPTION_REPLY_HEAD_BYTES,
  OPTION_REPLY_MAGIC,
} from './constants.js';
import { readUint64 } from './integers.js';
import { NbdProtocolError } from './protocolError.js';

/** One reply to an option; several may answer one. */
export interface OptionReplyFrame {
  readonly option: number;
  readonly type: number;
  readonly data: Buffer;
}

/** What a client is told of its export. */
export interface ExportInfo {
  /** Bytes. */
  readonly size: number;
  /** TransmissionFlag. */
  readonly flags: number;
}

/** Each method gives what it is named after once all of it is there, undefined before; call it as long as it is awaited. */
export class HandshakeParser {
  readonly #queue = new ByteQueue();

  push(chunk: Uint8Array): void {
    this.#queue.push(chunk);
  }

  /**
   * HandshakeFlag of the server, from its first bytes.
   *
   * @throws NbdProtocolError when it is no NBD server, or one of the old style
   */
  greeting(): number | undefined {
    const bytes = this.#queue.view();
    if (bytes.length >= 8 && bytes.readBigUInt64BE(0) !== GREETING_MAGIC) {
      throw new NbdProtocolError('this is no NBD server: it does not begin with NBDMAGIC');
    }
    if (bytes.length >= 16) requireNewstyle(bytes.readBigUInt64BE(8));
    if (bytes.length < GREETING_BYTES) return undefined;
    return this.#queue.take(GREETING_BYTES).readUInt16BE(16);
  }

  /** @throws NbdProtocolError for a wrong magic, or more data than `LIMITS.nbdOptionBytes` */
  optionReply(): OptionReplyFrame | undefined {
    const bytes = this.#queue.view();
    if (bytes.length < OPTION_REPLY_HEAD_BYTES) return undefined;
    const magic = bytes.readBigUInt64BE(0);
    if (magic !== OPTION_REPLY_MAGIC) throw new NbdProtocolError(`option reply magic 0x${magic.toString(16)}`);
    const option = bytes.readUInt32BE(8);
    const type = bytes.readUInt32BE(12);
    const dataBytes = bytes.readUInt32BE(16);
    if (dataBytes > LIMITS.nbdOptionBytes) {
      throw new NbdProtocolError(
        `an option reply of ${dataBytes} bytes; at most ${LIMITS.nbdOptionBytes} are accepted`,
      );
    }
    if (bytes.length < OPTION_REPLY_HEAD_BYTES + dataBytes) return undefined;
    this.#queue.drop(OPTION_REPLY_HEAD_BYTES);
    return { option, type, data: this.#queue.take(dataBytes) };
  }

  /**
   * Answer to EXPORT_NAME, which has no head.
   *
   * @param zeroes 124 zeroes follow: not both sides have the NO_ZEROES flag
   * @throws NbdProtocolError for a size beyond 2^53 - 1
   */
  exportNameReply(zeroes: boolean): ExportInfo | undefined {
    const needed = EXPORT_NAME_REPLY_BYTES + (zeroes ? EXPORT_NAME_ZEROES : 0);
    return this.#queue.length < needed ? undefined : parseExportInfo(this.#queue.take(needed), 0);
  }

  /** Bytes that were not parsed, removed: for the parser of replies. */
  rest(): Buffer {
    return this.#queue.take(this.#queue.length);
  }
}

/** u64 size, u16 flags. @throws NbdProtocolError for a size beyond 2^53 - 1 */
export function parseExportInfo(bytes: Buffer, at: number): ExportInfo {
  const size = readUint64(bytes, at);
  // All larger numbers are read as this one.
  if (size > LIMITS.imageBytes - 1) throw new NbdProtocolError('an export of more than 2^53 - 2 bytes');
  return { size, flags: bytes.readUInt16BE(at + 8) };
}

function requireNewstyle(magic: bigint): void {
  if (magic === OPTION_MAGIC) return;
  if (magic === OLDSTYLE_MAGIC) throw new NbdProtocolError('the server speaks the old style of NBD, without options');
  throw new NbdProtocolError(`second magic of the server 0x${magic.toString(16)}, not IHAVEOPT`);
}
