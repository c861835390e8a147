import { strict as assert } from 'node:assert';
import protobuf from 'protobufjs/minimal.js';
import { FRAME_HEAD_BYTES } from './frame.js';
import { type FrameName, FrameType } from './frameType.js';
import { CHECK_BYTES, writeCheck } from './headerCheck.js';
import type { FrameHeaders } from './headers.js';
import { LIMITS } from './limits.js';
import { FRAME_KINDS } from './registry.js';

/** One for all frames, as nothing of it leaves this module: finish() copies. */
const writer = new protobuf.BufferWriter();

/**
 * The head and header of a frame, in one fresh buffer; the caller writes `payloadBytes` of payload
 * behind it (`cork`, this, payload, `uncork`). Called by transport for every frame that leaves.
 *
 * A header that breaks a limit is the caller's mistake and fails an assertion, with one exception:
 * the error text of Failure, HookResult and Cancel is cut to LIMITS.textCharacters.
 */
export function encodeFrame<N extends FrameName>(type: N, header: FrameHeaders[N], payloadBytes: number = 0): Buffer {
  const { message, payloadBytesMaximum } = FRAME_KINDS[type];
  const fitting = message.trim === undefined ? header : message.trim(header);
  // The same checks as the receiver's. They also catch a bigint, which protobufjs would write as 0.
  const problem = message.problem(fitting, payloadBytes);
  if (problem !== undefined) assert.fail(`${type}: ${problem}`);
  if (!Number.isInteger(payloadBytes) || payloadBytes < 0 || payloadBytes > payloadBytesMaximum) {
    assert.fail(`${type}: a payload of ${payloadBytes} bytes; at most ${payloadBytesMaximum} are accepted`);
  }
  writer.pos = 0;
  writer.double(0); // room for the head
  message.encode(fitting, writer);
  for (let room = 0; room < CHECK_BYTES; room++) writer.uint32(0);
  const frame = writer.finish();
  assert(Buffer.isBuffer(frame));
  const headerBytes = frame.length - FRAME_HEAD_BYTES;
  if (headerBytes > LIMITS.headerBytes) {
    assert.fail(`${type}: a header of ${headerBytes} bytes; at most ${LIMITS.headerBytes} are accepted`);
  }
  frame[0] = FrameType[type];
  frame.writeUInt16BE(headerBytes, 2);
  frame.writeUInt32BE(payloadBytes, 4);
  writeCheck(frame);
  return frame;
}
