/**
 * Server side of the transmission phase ("Request message"): u32 magic, u16 flags, u16 type, u64 cookie, u64
 * offset, u32 length, and `length` bytes of payload where the type is WRITE. Called by the connection with what
 * the socket gave; whole payloads are views of that.
 */
import { ChunkReader } from './chunkReader.js';
import { Command, REQUEST_BYTES, REQUEST_MAGIC } from './constants.js';
import { joinUint64 } from './integers.js';
import { NbdProtocolError } from './protocolError.js';

/** What the client calls a request by (u64, "handle" in old texts), in halves: a bigint for each would cost more than the rest. */
export interface Cookie {
  readonly cookieHigh: number;
  readonly cookieLow: number;
}

/** One request, its fields not judged but for the length of a payload. */
export interface Request extends Cookie {
  readonly flags: number;
  readonly command: number;
  /** Bytes; 2^53 - 1 for all beyond, which is past the end of any export. */
  readonly offset: number;
  readonly length: number;
  /** Of WRITE, and nothing else. Holds until the next push() or filled(). */
  readonly payload: Buffer | undefined;
}

type OpenRequest = { -readonly [K in keyof Request]: Request[K] };

/**
 * Takes the stream apart, however it was split. When next() gave undefined the chunk was taken over and its
 * memory may be used again. After NbdProtocolError the parser is of no use any more.
 */
export class RequestParser {
  readonly #maximumPayload: number;
  readonly #reader = new ChunkReader();
  /** The WRITE whose payload is not there as a whole. */
  #open: OpenRequest | undefined;

  /** @param limits.maximumPayload bytes of a WRITE; one with more ends the session, since to answer it all of it would have to be read */
  constructor(limits: { readonly maximumPayload: number }) {
    this.#maximumPayload = limits.maximumPayload;
  }

  /** Call next() until it gives undefined before the next push: what is left would be copied. */
  push(chunk: Uint8Array): void {
    this.#reader.push(chunk);
  }

  /** @throws NbdProtocolError for a wrong magic, or a WRITE with more than the maximum */
  next(): Request | undefined {
    const request = this.#open ?? this.#nextHead();
    if (request === undefined || request.command !== Command.write) return request;
    request.payload = this.#reader.payload(request.length);
    this.#open = request.payload === undefined ? request : undefined;
    return request.payload === undefined ? undefined : request;
  }

  /**
   * Where the socket may read straight into: the free rest of the payload being collected, when 64 KiB or more
   * are missing. Say through filled() how much came, then call next().
   */
  target(): Buffer | undefined {
    return this.#reader.target();
  }

  filled(bytes: number): void {
    this.#reader.filled(bytes);
  }

  #nextHead(): OpenRequest | undefined {
    const at = this.#reader.head(REQUEST_BYTES);
    if (at < 0) return undefined;
    const view = this.#reader.view;
    const magic = view.getUint32(at);
    if (magic !== REQUEST_MAGIC) throw new NbdProtocolError(`request magic 0x${magic.toString(16)}, not 0x25609513`);
    const command = view.getUint16(at + 6);
    const length = view.getUint32(at + 24);
    if (command === Command.write && length > this.#maximumPayload) {
      throw new NbdProtocolError(`a write of ${length} bytes; at most ${this.#maximumPayload} are accepted`);
    }
    return {
      flags: view.getUint16(at + 4),
      command,
      cookieHigh: view.getUint32(at + 8),
      cookieLow: view.getUint32(at + 12),
      offset: joinUint64(view.getUint32(at + 16), view.getUint32(at + 20)),
      length,
      payload: undefined,
    };
  }
}
