import { crc32 } from 'node:zlib';
import { GodwitError } from '@godwit/errors';
import { FRAME_HEAD_BYTES } from './frame.js';

/**
 * Behind the fields of a header stands field 1000, a fixed32: the CRC-32 of head and header up to the four bytes of its own.
 * The hash of an extent covers its bytes and not where they belong, and TCP lets one damaged packet in 65,536 pass: an
 * offset with one bit turned would write good bytes to a wrong place. A build that does not know the field skips it.
 */
const TAG = [0xc5, 0x3e] as const;
const CRC_BYTES = 4;
/** Bytes that the check adds to a header. */
export const CHECK_BYTES = TAG.length + CRC_BYTES;

/** Writes the check of a frame whose head is written and whose header ends with room for it. */
export function writeCheck(frame: Buffer): void {
  const at = frame.length - CHECK_BYTES;
  frame[at] = TAG[0];
  frame[at + 1] = TAG[1];
  frame.writeUInt32LE(crcOf(frame, 0, frame.length), frame.length - CRC_BYTES);
}

/**
 * Whether the header of `headerBytes` at `at`, with its head in front, has a check.
 *
 * @throws GodwitError E_DAMAGED when it has one that is not right
 */
export function hasCheck(bytes: Buffer, at: number, headerBytes: number): boolean {
  const end = at + headerBytes;
  const isThere =
    headerBytes >= CHECK_BYTES && bytes[end - CHECK_BYTES] === TAG[0] && bytes[end - CHECK_BYTES + 1] === TAG[1];
  if (!isThere) return false;
  if (bytes.readUInt32LE(end - CRC_BYTES) !== crcOf(bytes, at - FRAME_HEAD_BYTES, end)) {
    throw damaged('the check of a header is not right');
  }
  return true;
}

/** For bytes that nobody sent like this: the link is to be made anew. */
export function damaged(problem: string, cause?: unknown): GodwitError {
  return new GodwitError('E_DAMAGED', { problem }, { cause });
}

function crcOf(bytes: Buffer, start: number, end: number): number {
  return crc32(bytes.subarray(start, end - CRC_BYTES));
}
