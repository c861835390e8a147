import { Encoding, type FrameHeaders } from '@godwit/protocol';
import fc from 'fast-check';
import { compressSync } from 'lz4-napi';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomBytes, randomFrom } from '../testing/random.js';
import { ExtentDecoder } from './extentDecoder.js';

const MEBIBYTE = 1024 * 1024;
const random = randomFrom(9);
let decoder: ExtentDecoder;
beforeAll(async () => {
  decoder = await ExtentDecoder.create();
});

type Header = FrameHeaders['Extent'];

function headerOf(raw: Uint8Array, encoding: number): Header {
  const hash = decoder.digest(raw);
  const [hashLow, hashHigh] = [Number(hash & 0xffffffffn), Number(hash >> 32n)];
  return { seq: 1, round: 1, image: 0, offset: 0, rawBytes: raw.length, encoding, hashLow, hashHigh };
}

const lz4 = (raw: Uint8Array): Buffer => compressSync(Buffer.from(raw));
const text = (length: number): Buffer => Buffer.alloc(length, 'of all the gin joints in all the towns ');

describe('the decoder', () => {
  it.each([1, 2, 16, 4095, 4096, 65_537, MEBIBYTE])('gives back %d bytes, compressed or not', (length) => {
    for (const raw of [text(length), randomBytes(length, random), Buffer.alloc(length)]) {
      expect(raw.equals(decoder.decode(headerOf(raw, Encoding.raw), raw) ?? Buffer.alloc(0))).toBe(true);
      expect(raw.equals(decoder.decode(headerOf(raw, Encoding.lz4), lz4(raw)) ?? Buffer.alloc(0))).toBe(true);
    }
  });

  it('gives back any bytes', () => {
    const property = fc.property(fc.uint8Array({ minLength: 1, maxLength: 3000 }), (raw) => {
      expect(Buffer.from(decoder.decode(headerOf(raw, Encoding.lz4), lz4(raw)) ?? [])).toEqual(Buffer.from(raw));
    });
    fc.assert(property);
  });

  it('refuses bytes whose hash differs in either half', () => {
    const raw = text(5000);
    const header = headerOf(raw, Encoding.raw);
    expect(decoder.decode({ ...header, hashLow: header.hashLow ^ 1 }, raw)).toBeUndefined();
    expect(decoder.decode({ ...header, hashHigh: header.hashHigh ^ 1 }, raw)).toBeUndefined();
    expect(decoder.decode({ ...header, hashLow: header.hashHigh, hashHigh: header.hashLow }, raw)).toBeUndefined();
  });

  it('refuses another length than was said', () => {
    const raw = text(5000);
    for (const rawBytes of [4999, 5001, 1, MEBIBYTE]) {
      expect(decoder.decode({ ...headerOf(raw, Encoding.raw), rawBytes }, raw)).toBeUndefined();
      expect(decoder.decode({ ...headerOf(raw, Encoding.lz4), rawBytes }, lz4(raw))).toBeUndefined();
    }
  });

  it.each([0, 1, 4999, 5001, MEBIBYTE, 2 ** 31, 2 ** 32 - 1])(
    'refuses a size prefix of %d before lz4 allocates it',
    (size) => {
      const raw = text(5000);
      const payload = lz4(raw);
      payload.writeUInt32LE(size, 0);
      const before = process.memoryUsage().rss;
      for (let i = 0; i < 20; i++) expect(decoder.decode(headerOf(raw, Encoding.lz4), payload)).toBeUndefined();
      expect(process.memoryUsage().rss - before).toBeLessThan(256 * MEBIBYTE);
    },
  );

  it('refuses payloads that are too short for a prefix', () => {
    for (let length = 0; length < 5; length++) {
      expect(decoder.decode(headerOf(Buffer.alloc(5), Encoding.lz4), Buffer.alloc(length))).toBeUndefined();
    }
  });

  it('survives damage of every kind, and never takes wrong bytes for right ones', () => {
    let refused = 0;
    for (let seed = 1; seed <= 6000; seed++) {
      const dice = randomFrom(seed);
      const raw =
        seed % 2 === 0 ? text(1 + dice(3000)) : Buffer.concat([text(dice(500)), randomBytes(1 + dice(500), dice)]);
      const payload = mutate(lz4(raw), dice);
      const decoded = decoder.decode(headerOf(raw, Encoding.lz4), payload);
      if (decoded === undefined) refused++;
      else expect(raw.equals(decoded), `seed ${seed}`).toBe(true);
    }
    expect(refused).toBeGreaterThan(4000);
  });
});

/** Flips, cuts, lengthens or overwrites; the prefix is mostly left right, so that lz4 itself is reached. */
function mutate(payload: Buffer, dice: (bound: number) => number): Buffer {
  const first = dice(8) === 0 ? 0 : 4;
  const at = first + dice(Math.max(1, payload.length - first));
  switch (dice(5)) {
    case 0:
      payload[at] = (payload[at] ?? 0) ^ (1 << dice(8));
      return payload;
    case 1:
      return payload.subarray(0, at);
    case 2:
      return Buffer.concat([payload, randomBytes(1 + dice(40), dice)]);
    case 3:
      return payload.fill(dice(2) * 255, at, Math.min(payload.length, at + dice(20)));
    default:
      return Buffer.concat([payload.subarray(0, 4), randomBytes(payload.length - 4, dice)]);
  }
}
