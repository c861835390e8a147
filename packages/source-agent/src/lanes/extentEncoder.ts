import { type ContentHash, contentHash, Encoding, LIMITS } from '@godwit/protocol';
import { compressSync } from 'lz4-napi';

/** Sampled pieces and their size: 3 x 4 KiB show whether a megabyte compresses, at 1% of its cost. */
const SAMPLE_BYTES = 4 * 1024;
const SAMPLES = 3;
/** Compressing pays when it saves this share; below, the destination's time to decompress is not won back. */
const WORTHWHILE = 0.95;

export interface EncodedExtent {
  readonly encoding: number;
  /** A view into `raw` or into the scratch that was passed. */
  readonly payload: Uint8Array;
  readonly hashLow: number;
  readonly hashHigh: number;
  /** What trying to compress took; 0 when it was not tried. */
  readonly compressMs: number;
}

/** Hashes and encodes extents. */
export class ExtentEncoder {
  readonly #hash: ContentHash;

  private constructor(hash: ContentHash) {
    this.#hash = hash;
  }

  static async create(): Promise<ExtentEncoder> {
    return new ExtentEncoder(await contentHash());
  }

  /** xxh64 with seed 0. */
  digest(bytes: Uint8Array): bigint {
    return this.#hash(bytes);
  }

  /**
   * Encodes `raw` (1 byte to 1 MiB), with lz4 where `compress` allows it and it pays. A compressed payload
   * is copied into `scratch`, which must hold raw.length bytes.
   */
  encode(raw: Uint8Array, scratch: Uint8Array, compress = true): EncodedExtent {
    const hash = this.digest(raw);
    const hashes = { hashLow: Number(hash & 0xffffffffn), hashHigh: Number(hash >> 32n) };
    if (!compress) return { encoding: Encoding.raw, payload: raw, ...hashes, compressMs: 0 };
    const startedMs = performance.now();
    const packed = pack(raw, scratch);
    const compressMs = performance.now() - startedMs;
    if (packed === undefined) return { encoding: Encoding.raw, payload: raw, ...hashes, compressMs };
    return { encoding: Encoding.lz4, payload: packed, ...hashes, compressMs };
  }
}

/** Compresses into `scratch`; undefined where that does not pay. */
function pack(raw: Uint8Array, scratch: Uint8Array): Uint8Array | undefined {
  if (!looksCompressible(raw)) return undefined;
  // lz4-napi's result is memory outside the heap that lives until the loop turns: copied at once.
  const packed = compressSync(asBuffer(raw));
  if (packed.length >= raw.length * WORTHWHILE || packed.length > LIMITS.payloadBytes) return undefined;
  scratch.set(packed);
  return scratch.subarray(0, packed.length);
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Compresses a few samples to see whether the whole is worth it; small extents are their own sample. */
function looksCompressible(raw: Uint8Array): boolean {
  if (raw.length <= SAMPLE_BYTES * SAMPLES) return true;
  const step = Math.floor((raw.length - SAMPLE_BYTES) / (SAMPLES - 1));
  let packed = 0;
  for (let i = 0; i < SAMPLES; i++) {
    packed += compressSync(asBuffer(raw.subarray(i * step, i * step + SAMPLE_BYTES))).length;
  }
  return packed < SAMPLES * SAMPLE_BYTES * WORTHWHILE;
}
