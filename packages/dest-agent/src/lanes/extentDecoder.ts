import { type ContentHash, contentHash, Encoding, type FrameHeaders } from '@godwit/protocol';
import { uncompressSync } from 'lz4-napi';

/** lz4-napi's block format: raw size as u32 little-endian in front. */
const SIZE_PREFIX_BYTES = 4;

/** Decodes and checks extents. */
export class ExtentDecoder {
  readonly #hash: ContentHash;

  private constructor(hash: ContentHash) {
    this.#hash = hash;
  }

  static async create(): Promise<ExtentDecoder> {
    return new ExtentDecoder(await contentHash());
  }

  /** xxh64 with seed 0. */
  digest(bytes: Uint8Array): bigint {
    return this.#hash(bytes);
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
