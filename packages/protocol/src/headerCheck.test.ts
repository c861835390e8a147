import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { encodeFrame } from './encodeFrame.js';
import { FRAME_HEAD_BYTES } from './frame.js';
import { collector, framesOf, thrownBy } from './testing/collect.js';
import { forge } from './testing/forge.js';
import { EXTENT, SAMPLES, wireBytesOf } from './testing/samples.js';

const file = new URL('../golden/unchecked.json', import.meta.url);
const unchecked = new Map<string, unknown>(Object.entries(JSON.parse(readFileSync(file, 'utf8'))));

function turned(frame: Buffer, bit: number): Buffer {
  const copy = Buffer.from(frame);
  copy[bit >> 3] = (copy[bit >> 3] ?? 0) ^ (1 << (bit & 7));
  return copy;
}

describe('the check of a header', () => {
  it('is the CRC-32 of head and header, little-endian behind a tag', () => {
    const frame = encodeFrame('Ack', { seq: 12 });
    expect(frame.toString('hex', frame.length - 6, frame.length - 4)).toBe('c53e');
    expect(frame.readUInt32LE(frame.length - 4)).toBe(crc32(frame.subarray(0, frame.length - 4)));
  });

  it.each(SAMPLES)('lets no turned bit of $name pass', (sample) => {
    const frame = wireBytesOf(sample);
    const headerEnd = FRAME_HEAD_BYTES + frame.readUInt16BE(2);
    for (let bit = 0; bit < headerEnd * 8; bit++) {
      const { parser, frames } = collector();
      parser.push(encodeFrame('Cancelled', {}));
      // Enough behind it for a length that became longer.
      const stream = Buffer.concat([turned(frame, bit), Buffer.alloc(70_000)]);
      expect(
        thrownBy(() => parser.push(stream)),
        `bit ${bit}`,
      ).toMatchObject({ code: 'E_DAMAGED' });
      expect(frames).toHaveLength(1);
    }
  });

  it('keeps good bytes from a place that one turned bit made of another', () => {
    const payload = Buffer.alloc(EXTENT.rawBytes, 7);
    const elsewhere = forge('Extent', { ...EXTENT, offset: EXTENT.offset + 65_536 }, payload);
    const { parser } = collector();
    parser.push(encodeFrame('Cancelled', {}));
    expect(thrownBy(() => parser.push(elsewhere))).toMatchObject({ code: 'E_DAMAGED' });
  });

  it.each(SAMPLES)('is not asked of a build that does not know it: $name', ({ name, type, header, payload }) => {
    const hex = unchecked.get(name);
    if (typeof hex !== 'string') throw new Error(`no golden frame ${name}`);
    expect(framesOf(Buffer.from(hex, 'hex'))).toEqual([{ type, header, payload }]);
  });
});
