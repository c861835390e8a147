import { GodwitError, problemOf } from '@godwit/errors';
import protobuf from 'protobufjs/minimal.js';
import type { FrameName } from './frameType.js';
import { damaged } from './headerCheck.js';
import type { FrameHeaders } from './headers.js';
import { LIMITS } from './limits.js';
import type { Message } from './message.js';

/** A decoded frame whose payload may still have to come; FrameParser fills it in. */
export type OpenFrame<N extends FrameName = FrameName> = {
  [K in N]: { readonly type: K; readonly header: FrameHeaders[K]; payload: Buffer };
}[N];

/** What encoder and parser know of one kind of frame. */
export interface FrameKind<K extends FrameName = FrameName> {
  readonly name: K;
  readonly message: Message<K>;
  /** 0 for all that carry none. */
  readonly payloadBytesMaximum: number;
  /** Decodes and checks the header of `headerBytes` at `at`. @throws GodwitError E_DAMAGED, E_PROTOCOL */
  open(bytes: Buffer, at: number, headerBytes: number, payloadBytes: number): OpenFrame<K>;
}

const NO_PAYLOAD = Buffer.alloc(0);
const DIGEST_BYTES = 8;
const PAYLOAD_BYTES_MAXIMUM: { readonly [K in FrameName]?: number } = {
  Extent: LIMITS.payloadBytes,
  Check: LIMITS.checkBlocks * DIGEST_BYTES,
};

export function kindOf<K extends FrameName>(name: K, message: Message<K>): FrameKind<K> {
  return {
    name,
    message,
    payloadBytesMaximum: PAYLOAD_BYTES_MAXIMUM[name] ?? 0,
    open(bytes, at, headerBytes, payloadBytes) {
      const header = decode(name, message, bytes, at, headerBytes);
      const problem = message.problem(header, payloadBytes);
      if (problem !== undefined) throw new GodwitError('E_PROTOCOL', { problem: `${name}: ${problem}` });
      return { type: name, header, payload: NO_PAYLOAD };
    },
  };
}

function decode<K extends FrameName>(
  name: K,
  message: Message<K>,
  bytes: Buffer,
  at: number,
  headerBytes: number,
): FrameHeaders[K] {
  const reader = new protobuf.BufferReader(bytes);
  reader.pos = at;
  try {
    return message.decode(reader, headerBytes);
  } catch (thrown) {
    const isLie = thrown instanceof GodwitError;
    if (isLie) throw new GodwitError('E_PROTOCOL', { problem: `${name}: ${thrown.parameters.problem}` });
    throw damaged(`${name}: the header cannot be decoded (${problemOf(thrown)})`, thrown);
  }
}
