const ZEROS = Buffer.alloc(1024 * 1024);

/** True when all bytes are zero. Looks at the first before it compares: data mostly differs there. */
function isZero(bytes: Uint8Array): boolean {
  return bytes[0] === 0 && Buffer.compare(bytes, ZEROS.subarray(0, bytes.length)) === 0;
}

export interface ZeroRun {
  readonly zero: boolean;
  readonly first: number;
  readonly count: number;
}

/** Cuts bytes into runs of zero blocks and runs of others; the last block may be short. */
export function* zeroRuns(bytes: Uint8Array, blockBytes: number): Generator<ZeroRun> {
  const blocks = Math.ceil(bytes.length / blockBytes);
  const zeroAt = (block: number) => isZero(bytes.subarray(block * blockBytes, (block + 1) * blockBytes));
  let first = 0;
  let zero = blocks > 0 && zeroAt(0);
  for (let block = 1; block < blocks; block++) {
    const next = zeroAt(block);
    if (next === zero) continue;
    yield { zero, first, count: block - first };
    first = block;
    zero = next;
  }
  if (blocks > 0) yield { zero, first, count: blocks - first };
}
