import { Encoding } from '@godwit/protocol';
import { compressSync, uncompressSync } from 'lz4-napi';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomBytes, randomFrom } from '../testing/random.js';
import { ExtentEncoder } from './extentEncoder.js';

const MEBIBYTE = 1024 * 1024;
const random = randomFrom(4);
let encoder: ExtentEncoder;
beforeAll(async () => {
  encoder = await ExtentEncoder.create();
});

const encode = (raw: Uint8Array) => encoder.encode(raw, Buffer.alloc(raw.length));
const text = (length: number): Buffer => Buffer.alloc(length, 'the quick brown fox jumps over the lazy dog; ');

describe('the encoder', () => {
  // Test vectors of the xxHash specification (seed 0).
  it.each([
    ['', 0xef46db3751d8e999n],
    ['a', 0xd24ec4f1a98c6e5bn],
    ['abc', 0x44bc2cf5ad770999n],
  ])('digests %j as xxh64 does', (input, expected) => {
    expect(encoder.digest(Buffer.from(input))).toBe(expected);
  });

  it.each([1, 17, 4096, 65_536, MEBIBYTE])(
    'gives back what %d bytes of text were, smaller where it can be',
    (length) => {
      const raw = text(length);
      const { encoding, payload, hashLow, hashHigh } = encode(raw);
      expect((BigInt(hashHigh) << 32n) | BigInt(hashLow)).toBe(encoder.digest(raw));
      expect(encoding).toBe(length >= 4096 ? Encoding.lz4 : Encoding.raw);
      const decoded = encoding === Encoding.lz4 ? uncompressSync(Buffer.from(payload)) : payload;
      expect(raw.equals(decoded)).toBe(true);
      if (encoding === Encoding.lz4) expect(payload.length).toBeLessThan(length / 10);
    },
  );

  it.each([1, 4096, 12_289, 65_536, MEBIBYTE])('sends %d random bytes as they are, without a copy', (length) => {
    const raw = randomBytes(length, random);
    const { encoding, payload } = encode(raw);
    expect(encoding).toBe(Encoding.raw);
    expect(payload).toBe(raw);
  });

  it('is not worth its while for a few bytes saved', () => {
    // 4% of zeros: less than what decompressing costs.
    const raw = randomBytes(8192, random);
    raw.fill(0, 0, 300);
    expect(compressSync(raw).length).toBeLessThan(raw.length);
    expect(encode(raw).encoding).toBe(Encoding.raw);
  });

  it('sees compressible data behind a random start', () => {
    const raw = Buffer.concat([randomBytes(64 * 1024, random), text(MEBIBYTE - 64 * 1024)]);
    expect(encode(raw).encoding).toBe(Encoding.lz4);
  });

  it('leaves the payload in the scratch that it was given', () => {
    const scratch = Buffer.alloc(MEBIBYTE);
    const raw = text(MEBIBYTE / 2);
    const { payload } = encoder.encode(raw, scratch.subarray(1000));
    expect(payload.buffer).toBe(scratch.buffer);
    expect(payload.byteOffset).toBe(scratch.byteOffset + 1000);
    // Another extent does not change it.
    const before = Buffer.from(payload);
    encoder.encode(text(MEBIBYTE), Buffer.alloc(MEBIBYTE));
    expect(before.equals(payload)).toBe(true);
  });
});
