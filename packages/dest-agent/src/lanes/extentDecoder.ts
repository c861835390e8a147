import { Encoding, type FrameHeaders, LIMITS } from '@godwit/protocol';
import { uncompressSync } from 'lz4-napi';
import xxhash from 'xxhash-wasm';

/** lz4-napi's block format: raw size as u32 little-endian in front. */
const SIZE_PREFIX_BYTES = 4;

type Hash64 = (input: Uint8Array, seed: bigint) => bigint;

/**
 * One a thread. Its memory grows to its largest input at once: growing detaches a buffer, and the first buffer that a
 * thread detaches costs it all that was compiled on the assumption that none is (V8's ArrayBufferDetachingProtector).
 */
let hash64: Promise<Hash64> | undefined;

async function makeHash64(): Promise<Hash64> {
  const hasher = await xxhash();
  hasher.h64Raw(new Uint8Array(LIMITS.extentBytes), 0n);
  return (input, seed) => hasher.h64Raw(input, seed);
}

/** Decodes and checks extents. */
export class ExtentDecoder {
  readonly #hash64: Hash64;

  private constructor(hash: Hash64) {
    this.#hash64 = hash;
  }

  static async create(): Promise<ExtentDecoder> {
    hash64 ??= makeHash64();
    return new ExtentDecoder(await hash64);
  }

  /** xxh64 with seed 0. */
  digest(bytes: Uint8Array): bigint {
    return this.#hash64(bytes, 0n);
  }

  /** The raw bytes of an extent, or undefined when they are not what was hashed: to be NACKed, never written. */
  decode(header: FrameHeaders['Extent'], payload: Buffer): Uint8Array | undefined {
    const raw = header.encoding === Encoding.lz4 ? decompress(payload, header.rawBytes) : payload;
    if (raw?.length !== header.rawBytes) return undefined;
    const hash = this.digest(raw);
    const equal = Number(hash & 0xffffffffn) === header.hashLow && Number(hash >> 32n) === header.hashHigh;
    return equal ? raw : undefined;
  }
}

/** lz4-napi allocates what the prefix says, so a prefix that is not what we expect never gets there. */
function decompress(payload: Buffer, rawBytes: number): Uint8Array | undefined {
  if (payload.length < SIZE_PREFIX_BYTES || payload.readUInt32LE(0) !== rawBytes) return undefined;
  try {
    return uncompressSync(payload);
  } catch {
    // Damaged on the way: the same as a hash that differs.
    return undefined;
  }
}
