import { GodwitError } from '@godwit/errors';
import type { FrameKind } from './frameKind.js';
import { damaged } from './headerCheck.js';
import { LIMITS } from './limits.js';
import { KINDS_BY_NUMBER } from './registry.js';

/** What stands in the 8 bytes in front of a frame; one object a parser, filled again for each frame. */
export interface FrameHead {
  kind: FrameKind;
  headerBytes: number;
  payloadBytes: number;
}

/**
 * Reads FRAME_HEAD_BYTES at `at`, which the caller knows to be there, into `head`. Nothing has been
 * allocated for the frame yet. Whether it is in phase is judged when its header is there, for a type may be damaged.
 *
 * @throws GodwitError E_DAMAGED for a head that no frame can have
 */
export function readHead(head: FrameHead, bytes: Buffer, at: number): void {
  const type = bytes[at] ?? 0;
  const kind = KINDS_BY_NUMBER[type];
  if (kind === undefined) throw damaged(`unknown frame type ${type}`);
  if (bytes[at + 1] !== 0) throw damaged(`${kind.name}: the reserved byte is not 0`);
  const headerBytes = readUint16(bytes, at + 2);
  if (headerBytes > LIMITS.headerBytes) {
    throw damaged(`${kind.name}: a header of ${headerBytes} bytes; at most ${LIMITS.headerBytes} are accepted`);
  }
  const payloadBytes = ((readUint16(bytes, at + 4) << 16) | readUint16(bytes, at + 6)) >>> 0;
  if (payloadBytes > kind.payloadBytesMaximum) {
    throw damaged(`${kind.name}: a payload of ${payloadBytes} bytes; at most ${kind.payloadBytesMaximum} are accepted`);
  }
  head.kind = kind;
  head.headerBytes = headerBytes;
  head.payloadBytes = payloadBytes;
}

export function violation(problem: string): GodwitError {
  return new GodwitError('E_PROTOCOL', { problem });
}

function readUint16(bytes: Buffer, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
