/**
 * Client side of the transmission phase: simple replies and chunks of structured ones, taken apart however they
 * were split ("Simple reply message", "Structured reply chunk message", "Structured reply types").
 */
import type { BlockExtent } from '../export.js';
import { ChunkReader } from './chunkReader.js';
import {
  CHUNK_HEAD_BYTES,
  ChunkType,
  ReplyFlag,
  SIMPLE_REPLY_BYTES,
  SIMPLE_REPLY_MAGIC,
  STRUCTURED_REPLY_MAGIC,
} from './constants.js';
import { readUint64 } from './integers.js';
import { NbdProtocolError } from './protocolError.js';
import type { Cookie } from './requestParser.js';

/** What one message of the server says. `done`: nothing more comes for this cookie. */
export type Reply = Cookie & { readonly done: boolean } & (
    | {
        /** `data` of a READ that went well; holds until the next push() or filled(). */
        readonly kind: 'simple';
        readonly errno: number;
        readonly data: Buffer | undefined;
      }
    /** Bytes at `offset` of the export; hold until the next push() or filled(). */
    | { readonly kind: 'data'; readonly offset: number; readonly data: Buffer }
    | { readonly kind: 'hole'; readonly offset: number; readonly length: number }
    | { readonly kind: 'status'; readonly contextId: number; readonly extents: readonly BlockExtent[] }
    /** The whole request failed, or, with an offset, the reading there. */
    | { readonly kind: 'error'; readonly errno: number; readonly message: string; readonly offset: number | undefined }
    | { readonly kind: 'none' }
  );

export interface ReplyLimits {
  /** Data of one reply, bytes: what the longest request asked for. */
  readonly maximumPayload: number;
  /**
   * How many bytes of data follow a simple reply that went well: the length of that READ, 0 for other requests,
   * undefined for a cookie that nobody waits for.
   */
  simpleDataBytes(cookie: Cookie): number | undefined;
}

/** A head whose payload is still to come. */
interface Head extends Cookie {
  readonly simple: boolean;
  readonly flags: number;
  readonly type: number;
  payloadBytes: number;
}

/** Bytes in a chunk that is not data: its extents, its text. 131,072 extents, which is what QEMU sends at most. */
const OTHER_PAYLOAD_BYTES_MAXIMUM = 4 + 8 * 131_072;
const ERROR_BIT = 0x8000;

/** When next() gave undefined the chunk was taken over. After NbdProtocolError the parser is of no use any more. */
export class ReplyParser {
  readonly #limits: ReplyLimits;
  readonly #reader = new ChunkReader();
  #head: Head | undefined;
  /** A structured head of which all but the length is there. */
  #openHead: Head | undefined;

  constructor(limits: ReplyLimits) {
    this.#limits = limits;
  }

  /** Call next() until it gives undefined before the next push: what is left would be copied. */
  push(chunk: Uint8Array): void {
    this.#reader.push(chunk);
  }

  /** @throws NbdProtocolError for what no server may send */
  next(): Reply | undefined {
    this.#head ??= this.#nextHead();
    const head = this.#head;
    if (head === undefined) return undefined;
    const payload = this.#reader.payload(head.payloadBytes);
    if (payload === undefined) return undefined;
    this.#head = undefined;
    return head.simple ? simple(head, payload) : chunk(head, payload);
  }

  /** Where the socket may read straight into, as RequestParser.target(). */
  target(): Buffer | undefined {
    return this.#reader.target();
  }

  filled(bytes: number): void {
    this.#reader.filled(bytes);
  }

  /** The first 16 bytes are alike in length; a structured reply has 4 more. */
  #nextHead(): Head | undefined {
    if (this.#openHead === undefined) {
      const at = this.#reader.head(SIMPLE_REPLY_BYTES);
      if (at < 0) return undefined;
      const view = this.#reader.view;
      const magic = view.getUint32(at);
      const cookie = { cookieHigh: view.getUint32(at + 8), cookieLow: view.getUint32(at + 12) };
      if (magic === SIMPLE_REPLY_MAGIC) return this.#simpleHead(cookie, view.getUint32(at + 4));
      if (magic !== STRUCTURED_REPLY_MAGIC) throw new NbdProtocolError(`reply magic 0x${magic.toString(16)}`);
      const flags = view.getUint16(at + 4);
      this.#openHead = { ...cookie, simple: false, flags, type: view.getUint16(at + 6), payloadBytes: 0 };
    }
    const at = this.#reader.head(CHUNK_HEAD_BYTES - SIMPLE_REPLY_BYTES);
    if (at < 0) return undefined;
    const head = this.#openHead;
    this.#openHead = undefined;
    head.payloadBytes = this.#reader.view.getUint32(at);
    this.#checkPayload(head);
    return head;
  }

  #simpleHead(cookie: Cookie, errno: number): Head {
    const expected = this.#limits.simpleDataBytes(cookie);
    if (expected === undefined) throw new NbdProtocolError('a reply to no request of ours');
    return { ...cookie, simple: true, flags: 0, type: errno, payloadBytes: errno === 0 ? expected : 0 };
  }

  #checkPayload({ type, payloadBytes, flags }: Head): void {
    const data = type === ChunkType.offsetData;
    const maximum = data ? this.#limits.maximumPayload + 8 : OTHER_PAYLOAD_BYTES_MAXIMUM;
    if (payloadBytes > maximum || !fits(type, payloadBytes)) {
      throw new NbdProtocolError(`a reply of type ${type} with ${payloadBytes} bytes`);
    }
    if (type === ChunkType.none && (flags & ReplyFlag.done) === 0) {
      throw new NbdProtocolError('a reply of type 0 that is not the last');
    }
  }
}

/** Whether the type is known, and its payload can be so long. */
function fits(type: number, bytes: number): boolean {
  switch (type) {
    case ChunkType.none:
      return bytes === 0;
    case ChunkType.offsetData:
      return bytes >= 9;
    case ChunkType.offsetHole:
      return bytes === 12;
    case ChunkType.blockStatus:
      return bytes >= 12 && (bytes - 4) % 8 === 0;
    case ChunkType.errorOffset:
      return bytes >= 14;
    default:
      // An unknown type is an error like the others when it says so.
      return (type & ERROR_BIT) !== 0 && bytes >= 6;
  }
}

function simple({ cookieHigh, cookieLow, type: errno, payloadBytes }: Head, payload: Buffer): Reply {
  const data = payloadBytes > 0 ? payload : undefined;
  return { kind: 'simple', cookieHigh, cookieLow, done: true, errno, data };
}

function chunk({ cookieHigh, cookieLow, flags, type }: Head, payload: Buffer): Reply {
  const common = { cookieHigh, cookieLow, done: (flags & ReplyFlag.done) !== 0 };
  switch (type) {
    case ChunkType.none:
      return { kind: 'none', ...common };
    case ChunkType.offsetData:
      return { kind: 'data', ...common, offset: readUint64(payload, 0), data: payload.subarray(8) };
    case ChunkType.offsetHole:
      return { kind: 'hole', ...common, offset: readUint64(payload, 0), length: payload.readUInt32BE(8) };
    case ChunkType.blockStatus:
      return { kind: 'status', ...common, contextId: payload.readUInt32BE(0), extents: extentsOf(payload) };
    default:
      return { kind: 'error', ...common, ...errorOf(type, payload) };
  }
}

function extentsOf(payload: Buffer): BlockExtent[] {
  const extents: BlockExtent[] = [];
  for (let at = 4; at < payload.length; at += 8) {
    const length = payload.readUInt32BE(at);
    if (length === 0) throw new NbdProtocolError('an extent of 0 bytes');
    extents.push({ length, flags: payload.readUInt32BE(at + 4) });
  }
  return extents;
}

/** u32 errno, u16 length of the text, the text, and u64 offset for the type that has it. */
function errorOf(type: number, payload: Buffer): { errno: number; message: string; offset: number | undefined } {
  const errno = payload.readUInt32BE(0);
  const end = 6 + payload.readUInt16BE(4);
  const withOffset = type === ChunkType.errorOffset;
  if (errno === 0) throw new NbdProtocolError('an error with the number 0');
  if (end + (withOffset ? 8 : 0) > payload.length) throw new NbdProtocolError('the text of an error is cut off');
  const message = payload.toString('utf8', 6, end);
  return { errno, message, offset: withOffset ? readUint64(payload, end) : undefined };
}
