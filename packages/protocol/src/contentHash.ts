import xxhash from 'xxhash-wasm';
import { LIMITS } from './limits.js';

/** xxh64 of extents and blocks; the protocol's seed is 0. */
export type ContentHash = (bytes: Uint8Array) => bigint;

/**
 * One a thread. Its memory grows to its largest input at once: growing detaches a buffer, and the first buffer that a
 * thread detaches costs it all that was compiled on the assumption that none is (V8's ArrayBufferDetachingProtector).
 */
let made: Promise<ContentHash> | undefined;

/** The hash of this thread, made when it is first asked for. Rejects where WASM memory is not to be had. */
export function contentHash(): Promise<ContentHash> {
  made ??= make();
  return made;
}

async function make(): Promise<ContentHash> {
  const hasher = await xxhash();
  hasher.h64Raw(new Uint8Array(LIMITS.extentBytes), 0n);
  return (bytes) => hasher.h64Raw(bytes, 0n);
}
