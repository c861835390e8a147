import protobuf from 'protobufjs/minimal.js';
import { describe, expect, it } from 'vitest';
import { encodeFrame } from './encodeFrame.js';
import { FRAME_HEAD_BYTES } from './frame.js';
import { ALL_FRAMES, collector, framesOf, thrownBy } from './testing/collect.js';
import { SAMPLES, wireBytesOf } from './testing/samples.js';

/** A frame with `more` behind the fields of its header, as a newer build would write it. */
function withFields(frame: Buffer, more: Uint8Array): Buffer {
  const headerEnd = FRAME_HEAD_BYTES + frame.readUInt16BE(2);
  const longer = Buffer.concat([frame.subarray(0, headerEnd), more, frame.subarray(headerEnd)]);
  longer.writeUInt16BE(headerEnd - FRAME_HEAD_BYTES + more.length, 2);
  return longer;
}

/** One unknown field of each wire type. */
const UNKNOWN = new protobuf.BufferWriter()
  .uint32((100 << 3) | 0)
  .uint32(12_345)
  .uint32((101 << 3) | 1)
  .double(1.5)
  .uint32((102 << 3) | 2)
  .string('something new')
  .uint32((103 << 3) | 5)
  .fixed32(7)
  .finish();

describe('versions', () => {
  it.each(SAMPLES)('skips fields that are not known yet in $name', (sample) => {
    const { type, header, payload } = sample;
    expect(framesOf(withFields(wireBytesOf(sample), UNKNOWN))).toEqual([{ type, header, payload }]);
  });

  it('takes fields that an older build does not send as 0 or empty', () => {
    const older = Buffer.concat([Buffer.from('0400000900000000', 'hex'), Buffer.from('090000000000005940', 'hex')]);
    expect(framesOf(older)).toMatchObject([{ type: 'Heartbeat', header: { sentAtMs: 100, echoMs: 0 } }]);
  });

  it('takes the last of a field that stands twice, as protobuf says', () => {
    const twice = new protobuf.BufferWriter().uint32(9).double(5).finish();
    expect(framesOf(withFields(encodeFrame('Ack', { seq: 4 }), twice))).toMatchObject([{ header: { seq: 5 } }]);
  });

  it('refuses unknown groups that are nested without end', () => {
    const groups = Buffer.alloc(4000, (15 << 3) | 3);
    const { parser } = collector(ALL_FRAMES);
    expect(thrownBy(() => parser.push(withFields(encodeFrame('Ack', { seq: 4 }), groups)))).toMatchObject({
      code: 'E_DAMAGED',
    });
  });
});
