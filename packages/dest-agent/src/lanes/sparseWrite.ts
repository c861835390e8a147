import type { RawFile } from '@godwit/image';

/** What file systems allocate by; a zero page inside an extent becomes a hole, so that thin stays thin. */
const PAGE_BYTES = 4096;
const ZERO_PAGE = Buffer.alloc(PAGE_BYTES);

/** True when all bytes are zero; looks at the first before it compares. */
export function isZero(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0) return false;
  for (let at = 0; at < bytes.length; at += PAGE_BYTES) {
    const piece = bytes.subarray(at, at + PAGE_BYTES);
    if (Buffer.compare(piece, ZERO_PAGE.subarray(0, piece.length)) !== 0) return false;
  }
  return true;
}

/** Writes `bytes` at `offset`, leaving holes where whole pages are zero. */
export function writeSparse(file: RawFile, bytes: Uint8Array, offset: number): void {
  let start = 0;
  let zero = isZero(bytes.subarray(0, PAGE_BYTES));
  for (let at = PAGE_BYTES; at < bytes.length; at += PAGE_BYTES) {
    const next = isZero(bytes.subarray(at, at + PAGE_BYTES));
    if (next === zero) continue;
    put(file, bytes.subarray(start, at), offset + start, zero);
    start = at;
    zero = next;
  }
  put(file, bytes.subarray(start), offset + start, zero);
}

function put(file: RawFile, bytes: Uint8Array, offset: number, zero: boolean): void {
  if (zero) file.zeroSync(offset, bytes.length);
  else file.writeSync(bytes, offset);
}
