import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ALL_FRAMES, framesOf } from './testing/collect.js';
import { SAMPLES, type Sample, wireBytesOf } from './testing/samples.js';

/**
 * golden/frames.json holds what these frames were on the wire when it was last written on purpose
 * (GODWIT_GOLDEN=write). A difference means that agents of two builds no longer understand each other.
 */
const file = new URL('../golden/frames.json', import.meta.url);
if (process.env.GODWIT_GOLDEN === 'write') {
  const fresh = SAMPLES.map((sample) => [sample.name, wireBytesOf(sample).toString('hex')]);
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(fresh), null, 2)}\n`);
}
const golden = new Map<string, unknown>(Object.entries(JSON.parse(readFileSync(file, 'utf8'))));

function goldenBytes({ name }: Sample): Buffer {
  const hex = golden.get(name);
  if (typeof hex !== 'string') throw new Error(`no golden frame ${name}`);
  return Buffer.from(hex, 'hex');
}

function kept({ type, header, payload }: Sample): Omit<Sample, 'name'> {
  return { type, header, payload };
}

/** Tag and CRC-32 (headerCheck.ts), as zlib has it. */
const CHECK_OF_ACK = 'c53e12c2128b';
const CHECK_OF_CANCELLED = 'c53e439206dd';
const CHECK_OF_EXTENT = 'c53eb3bb0d04';

describe('golden frames', () => {
  it('has one of every kind, and no other', () => {
    expect(new Set(SAMPLES.map((sample) => sample.type))).toEqual(new Set(ALL_FRAMES));
    expect([...golden.keys()]).toEqual(SAMPLES.map((sample) => sample.name));
  });

  describe.each(SAMPLES)('$name', (sample) => {
    const bytes = goldenBytes(sample);
    it('is encoded so', () => expect(wireBytesOf(sample).toString('hex')).toBe(bytes.toString('hex')));
    it('is decoded back', () => expect(framesOf(bytes)).toEqual([kept(sample)]));
    it('is the same cut in two at any place', () => {
      for (let cut = 0; cut <= bytes.length; cut++) expect(framesOf(bytes, [cut])).toEqual([kept(sample)]);
    });
    it('is the same byte by byte', () => {
      const cuts = Array.from(bytes.keys()).slice(1);
      expect(framesOf(Buffer.concat([bytes, bytes]), cuts)).toEqual([kept(sample), kept(sample)]);
    });
  });

  it('is what the layout above frameType.ts says, written out by hand', () => {
    // type 44, 0, header 9, payload 0; field 1 as a double: 12 = 0x4028000000000000 little-endian
    expect(golden.get('Ack')).toBe(`2c00000f00000000090000000000002840${CHECK_OF_ACK}`);
    // type 22 and nothing else
    expect(golden.get('Cancelled')).toBe(`1600000600000000${CHECK_OF_CANCELLED}`);
    const extent = [
      '2800', // type 40, 0
      '002a', // header: 9 + 2 + 2 + 9 + 2 + 2 + 5 + 5 + 6 bytes
      '00000010', // payload: 16 bytes
      '090000000000002240', // 1 double: 9
      '1003', // 2 varint: 3
      '1801', // 3 varint: 1
      '21000000000000f441', // 4 double: 5 * 2^30
      '2810', // 5 varint: 16
      '3001', // 6 varint: 1
      '3defbeadde', // 7 fixed32
      '4501000080', // 8 fixed32
      CHECK_OF_EXTENT,
      '000102030405060708090a0b0c0d0e0f',
    ];
    expect(golden.get('Extent')).toBe(extent.join(''));
  });
});
