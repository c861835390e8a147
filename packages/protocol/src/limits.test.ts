import { describe, expect, it } from 'vitest';
import { encodeFrame } from './encodeFrame.js';
import { FRAME_HEAD_BYTES } from './frame.js';
import { LIMITS } from './limits.js';
import { collector, framesOf, thrownBy } from './testing/collect.js';
import { forge, forgeBytes } from './testing/forge.js';
import { LIMIT_CASES } from './testing/limitCases.js';
import { EXTENT, OFFER } from './testing/samples.js';

/** Limits of time and of numbers of things, which those who count them test. */
const NOT_OF_THE_CODEC = [
  'helloTimeoutMs',
  'pendingConnections',
  'incomingMigrations',
  'waitingMigrations',
  'mismatches',
  'damagedLinks',
];

/** A length that no frame can have is damage, a value that no header can have is a lie. */
const REFUSED = expect.stringMatching(/^E_(PROTOCOL|DAMAGED)$/);

describe('limits of the wire', () => {
  it('are all exceeded here, or are not of the codec', () => {
    const tested = new Set<string>([...LIMIT_CASES.map((one) => one.limit), 'headerBytes', ...NOT_OF_THE_CODEC]);
    // Those of NBD are of another wire, and exceeded in packages/nbd.
    const ours = Object.keys(LIMITS).filter((limit) => !limit.startsWith('nbd'));
    expect(ours.filter((limit) => !tested.has(limit))).toEqual([]);
  });

  it.each(LIMIT_CASES)(
    '$limit, $what: at it, beyond it, and beyond it by our own hand',
    ({ within, beyond, encode }) => {
      expect(framesOf(within)).toHaveLength(1);
      expect(thrownBy(() => framesOf(beyond))).toMatchObject({ name: 'GodwitError', code: REFUSED });
      expect(thrownBy(encode)).toMatchObject({ name: 'AssertionError' });
    },
  );

  it('headerBytes', () => {
    // Field 200, which nobody knows, as long as it takes: tag 2 bytes, length 3 bytes.
    const padding = (headerBytes: number) =>
      Buffer.concat([Buffer.from('c20c', 'hex'), varint16(headerBytes - 5), Buffer.alloc(headerBytes - 5)]);
    expect(framesOf(forgeBytes('Cancelled', padding(LIMITS.headerBytes)))).toHaveLength(1);
    const { parser } = collector();
    const head = forgeBytes('Cancelled', padding(LIMITS.headerBytes + 1)).subarray(0, FRAME_HEAD_BYTES);
    expect(thrownBy(() => parser.push(head))).toMatchObject({ code: 'E_DAMAGED' });
    const wide = '字'.repeat(LIMITS.textCharacters);
    const names = { migrationId: wide, sourceId: wide, workload: wide };
    const offer = { ...OFFER, ...names, document: '字'.repeat(LIMITS.documentCharacters) };
    expect(thrownBy(() => encodeFrame('Offer', offer))).toMatchObject({ name: 'AssertionError' });
  });

  it('payloadBytes are refused at the head, before room is made', () => {
    const { parser } = collector();
    const head = forge('Extent', EXTENT, Buffer.alloc(16)).subarray(0, FRAME_HEAD_BYTES);
    head.writeUInt32BE(2 ** 32 - 1, 4);
    expect(thrownBy(() => parser.push(head))).toMatchObject({
      parameters: { problem: 'Extent: a payload of 4294967295 bytes; at most 1114112 are accepted' },
    });
  });
});

/** Three bytes, for numbers from 2^14. */
function varint16(value: number): Buffer {
  return Buffer.from([(value & 127) | 128, ((value >>> 7) & 127) | 128, value >>> 14]);
}
