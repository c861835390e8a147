import { Encoding, type FrameHeaders } from '@godwit/protocol';
import { uncompressSync } from 'lz4-napi';
import xxhash from 'xxhash-wasm';

/** lz4-napi's block format: raw size as u32 little-endian in front. */
const SIZE_PREFIX_BYTES = 4;

/** Decodes and checks extents; one a thread, for its WASM memory is its own. */
export class ExtentDecoder {
  readonly #hash64: (input: Uint8Array, seed: bigint) => bigint;

  private constructor(hash64: (input: Uint8Array, seed: bigint) => bigint) {
    this.#hash64 = hash64;
  }

  static async create(): Promise<ExtentDecoder> {
    const hasher = await xxhash();
    return new ExtentDecoder((input, seed) => hasher.h64Raw(input, seed));
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
