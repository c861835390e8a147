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

/** A connection that said a valid hello and has been told nothing yet. Its socket is paused. */
export interface Greeted {
  readonly socket: net.Socket;
  readonly role: RoleName;
  /** min(theirs, ours). */
  readonly version: number;
  readonly hello: FrameHeaders['Hello'];
}

/** Cuts preamble and Hello out of the first bytes; anything behind them is out of phase. */
export class HelloReader {
  #preamble = Buffer.alloc(0);
  #greeted: Omit<Greeted, 'socket'> | undefined;
  #parser: FrameParser | undefined;

  push(chunk: Buffer): Omit<Greeted, 'socket'> | undefined {
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

  #start(preamble: { version: number; role: RoleName }): FrameParser {
    const parser = new FrameParser({
      accepts: ['Hello'],
      onFrame: (frame) => {
        if (frame.type !== 'Hello') return;
        parser.setAccepts([]);
        const version = Math.min(preamble.version, PROTOCOL_VERSION);
        this.#greeted = { role: preamble.role, version, hello: frame.header };
      },
    });
    return parser;
  }
}
