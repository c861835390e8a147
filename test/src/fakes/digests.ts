import xxhash from 'xxhash-wasm';

const hasher = await xxhash();

/** xxh64 with seed 0, as the wire has it. */
function digestOf(bytes: Uint8Array): bigint {
  return hasher.h64Raw(bytes, 0n);
}

/** The two halves of an extent's hash. */
export function hashHalves(bytes: Uint8Array): { hashLow: number; hashHigh: number } {
  const digest = digestOf(bytes);
  return { hashLow: Number(digest & 0xffff_ffffn), hashHigh: Number(digest >> 32n) };
}

/** The payload of a Check: one u64 little-endian for each block; the last may be short. */
export function digestsOf(bytes: Uint8Array, blockBytes: number): Buffer {
  const blocks = Math.ceil(bytes.length / blockBytes);
  const payload = Buffer.alloc(blocks * 8);
  for (let block = 0; block < blocks; block++) {
    payload.writeBigUInt64LE(digestOf(bytes.subarray(block * blockBytes, (block + 1) * blockBytes)), block * 8);
  }
  return payload;
}
