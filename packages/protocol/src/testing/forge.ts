import protobuf from 'protobufjs/minimal.js';
import { FRAME_HEAD_BYTES } from '../frame.js';
import { type FrameName, FrameType } from '../frameType.js';
import { CHECK_BYTES, writeCheck } from '../headerCheck.js';
import type { FrameHeaders } from '../headers.js';
import { FRAME_KINDS } from '../registry.js';

/** A frame around any header bytes, as a peer that checks nothing could write it. */
export function forgeBytes(type: FrameName, header: Uint8Array, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt8(FrameType[type], 0);
  head.writeUInt16BE(header.length, 2);
  head.writeUInt32BE(payload.length, 4);
  return Buffer.concat([head, header, payload]);
}

/** The same around a header that encodeFrame would refuse. */
export function forge<N extends FrameName>(type: N, header: FrameHeaders[N], payload?: Uint8Array): Buffer {
  return forgeBytes(type, FRAME_KINDS[type].message.encode(header, new protobuf.BufferWriter()).finish(), payload);
}

/** The same with a check that is right, for a lie and no damage; of kinds without a payload. */
export function forgeChecked<N extends FrameName>(type: N, header: FrameHeaders[N]): Buffer {
  const frame = Buffer.concat([forge(type, header), Buffer.alloc(CHECK_BYTES)]);
  frame.writeUInt16BE(frame.length - FRAME_HEAD_BYTES, 2);
  writeCheck(frame);
  return frame;
}
