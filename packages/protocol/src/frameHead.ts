import { GodwitError } from '@godwit/errors';
import type { FrameKind } from './frameKind.js';
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
 * allocated for the frame yet. `accepted` has 1 at the type numbers that are in phase.
 *
 * @throws GodwitError E_PROTOCOL for a head that no frame in phase can have
 */
export function readHead(head: FrameHead, bytes: Buffer, at: number, accepted: Uint8Array): void {
  const type = bytes[at] ?? 0;
  const kind = KINDS_BY_NUMBER[type];
  if (kind === undefined) throw violation(`unknown frame type ${type}`);
  if (accepted[type] !== 1) throw violation(`${kind.name} is out of phase`);
  if (bytes[at + 1] !== 0) throw violation(`${kind.name}: the reserved byte is not 0`);
  const headerBytes = readUint16(bytes, at + 2);
  if (headerBytes > LIMITS.headerBytes) {
    throw violation(`${kind.name}: a header of ${headerBytes} bytes; at most ${LIMITS.headerBytes} are accepted`);
  }
  const payloadBytes = ((readUint16(bytes, at + 4) << 16) | readUint16(bytes, at + 6)) >>> 0;
  if (payloadBytes > kind.payloadBytesMaximum) {
    throw violation(
      `${kind.name}: a payload of ${payloadBytes} bytes; at most ${kind.payloadBytesMaximum} are accepted`,
    );
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
