import type net from 'node:net';
import { GodwitError } from '@godwit/errors';
import {
  type FrameHeaders,
  FrameParser,
  PREAMBLE_BYTES,
  PROTOCOL_VERSION,
  parsePreamble,
  type RoleName,
} from '@godwit/protocol';
import { peerFailure } from './frameSocket.js';
import type { Secured } from './tls/peerTls.js';

/** What a connection says first. */
export interface Hailed {
  readonly role: RoleName;
  /** min(theirs, ours). */
  readonly version: number;
  /** TLS follows; within it: this is it. */
  readonly isSecure: boolean;
  readonly hello: FrameHeaders['Hello'];
}

/** A connection that said a valid hello and has been told nothing yet. Its socket is paused. */
export interface Greeted extends Omit<Hailed, 'isSecure'> {
  readonly socket: net.Socket;
  /** Who is at the other end of a control connection within TLS. */
  readonly secured?: Secured;
  /** A lane that has asked for TLS: the hello is that of the plain text, and nothing is proven. */
  readonly unproven?: Unproven;
}

/** A connection that counts as one before its hello until `settled` is called, which is its owner's duty. */
export interface Unproven {
  /** What to call the other end. */
  readonly peer: string;
  /** How long it may take to prove itself. */
  readonly timeoutMs: number;
  /** With what it was turned away for, if it was. */
  readonly settled: (refused?: GodwitError) => void;
}

/** Cuts preamble and Hello out of the first bytes; anything behind them is out of phase. Throws a Failure that comes instead. */
export class HelloReader {
  #preamble = Buffer.alloc(0);
  #greeted: Hailed | undefined;
  #parser: FrameParser | undefined;

  push(chunk: Buffer): Hailed | undefined {
    let rest = chunk;
    if (this.#parser === undefined) {
      const missing = PREAMBLE_BYTES - this.#preamble.length;
      this.#preamble = Buffer.concat([this.#preamble, chunk.subarray(0, missing)]);
      if (this.#preamble.length < PREAMBLE_BYTES) return undefined;
      rest = chunk.subarray(missing);
      this.#parser = this.#start(parsePreamble(this.#preamble));
    }
    this.#parser.push(rest);
    if (this.#greeted !== undefined && this.#parser.bufferedBytes > 0) {
      throw new GodwitError('E_PROTOCOL', { problem: 'bytes behind the Hello before it was answered' });
    }
    return this.#greeted;
  }

  #start(preamble: ReturnType<typeof parsePreamble>): FrameParser {
    const parser = new FrameParser({
      accepts: preamble.isSecure ? ['Hello', 'Failure'] : ['Hello'],
      onFrame: (frame) => {
        // Within TLS: what the other end thinks of our certificate.
        if (frame.type === 'Failure') throw peerFailure(frame.header);
        if (frame.type !== 'Hello') return;
        parser.setAccepts([]);
        const { role, isSecure } = preamble;
        const version = Math.min(preamble.version, PROTOCOL_VERSION);
        this.#greeted = { role, version, isSecure, hello: frame.header };
      },
    });
    return parser;
  }
}
