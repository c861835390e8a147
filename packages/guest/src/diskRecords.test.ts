import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parseRecords } from './diskRecords.js';

function record(seq: number, payload: string): Buffer {
  const bytes = Buffer.alloc(20 + payload.length);
  bytes.writeUInt32LE(0x31525747, 0);
  bytes.writeUInt32LE(payload.length, 4);
  bytes.writeBigUInt64LE(BigInt(seq), 8);
  bytes.write(payload, 20, 'latin1');
  bytes.writeUInt32LE(crc32(bytes.subarray(20), crc32(bytes.subarray(0, 16))), 16);
  return bytes;
}

const [ONE, TWO, THREE] = [record(1, 'first'), record(2, ''), record(3, 'a third')];

describe('records', () => {
  it('are counted to the last whole one', () => {
    expect(parseRecords(Buffer.concat([ONE, TWO, THREE]))).toEqual({ findings: [], lastSeq: 3, tailBytes: 0 });
    expect(parseRecords(Buffer.alloc(0))).toEqual({ findings: [], lastSeq: 0, tailBytes: 0 });
  });

  it('may end within an append', () => {
    for (let cut = 1; cut < THREE.length; cut++) {
      const bytes = Buffer.concat([ONE, TWO, THREE.subarray(0, cut)]);
      expect(parseRecords(bytes)).toEqual({ findings: [], lastSeq: 2, tailBytes: cut });
    }
  });

  it('are found out when one is missing', () => {
    expect(parseRecords(Buffer.concat([ONE, THREE]))).toMatchObject({
      findings: [expect.stringContaining('behind record 1 stands no record 2')],
      lastSeq: 1,
    });
  });

  it('are found out when any byte is another', () => {
    for (let at = 0; at < ONE.length; at++) {
      const bytes = Buffer.concat([ONE, TWO]);
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      // A length that says more than there is looks like an append that was under way, but then the number is too small.
      const { findings, lastSeq } = parseRecords(bytes);
      expect(findings.length === 1 || lastSeq === 0).toBe(true);
      expect(lastSeq).toBe(0);
    }
  });

  it('are found out when zeros stand in the place of one', () => {
    const { findings } = parseRecords(Buffer.concat([ONE, Buffer.alloc(TWO.length), THREE]));
    expect(findings).toHaveLength(1);
  });
});
