/**
 * What the file system knows about holes, asked with lseek(2) directly and not through our own packages,
 * so that a bug there cannot hide itself from the tests.
 */
import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import koffi from 'koffi';

const SEEK_DATA = 3;
const SEEK_HOLE = 4;
const HASH_CHUNK_BYTES = 1024 * 1024;

const seek: (fd: number, offset: number, whence: number) => number = koffi
  .load(null)
  .func('int64_t lseek(int fd, int64_t offset, int whence)');

/** A run of bytes that is not a hole. */
export interface DataRange {
  readonly offset: number;
  readonly length: number;
}

/** Data of a file in order; the whole file where the file system cannot tell. */
export function dataRangesOf(path: string): DataRange[] {
  const fd = openSync(path, 'r');
  try {
    return dataRangesOfDescriptor(fd, fstatSync(fd).size);
  } finally {
    closeSync(fd);
  }
}

function dataRangesOfDescriptor(fd: number, sizeBytes: number): DataRange[] {
  const ranges: DataRange[] = [];
  for (let position = 0; position < sizeBytes; ) {
    const start = seek(fd, position, SEEK_DATA);
    // ENXIO: only a hole follows.
    if (start < 0) break;
    const hole = seek(fd, start, SEEK_HOLE);
    const end = hole < 0 ? sizeBytes : Math.min(hole, sizeBytes);
    ranges.push({ offset: start, length: end - start });
    position = end;
  }
  return ranges;
}

/** Bytes that the file system has reserved for the file. */
export function allocatedBytesOf(path: string): number {
  return statSync(path).blocks * 512;
}

/**
 * SHA-256 over size and content such that a hole and written zeros hash equal: every 1 MiB chunk that
 * is not all zero is fed with its offset. Cheap for sparse files of any size.
 */
export function sparseDigestOf(path: string): string {
  const fd = openSync(path, 'r');
  try {
    const sizeBytes = fstatSync(fd).size;
    const hash = createHash('sha256').update(`size ${sizeBytes}\n`);
    const buffer = Buffer.alloc(HASH_CHUNK_BYTES);
    const zeros = Buffer.alloc(HASH_CHUNK_BYTES);
    for (const chunk of chunksOf(dataRangesOfDescriptor(fd, sizeBytes))) {
      const length = Math.min(HASH_CHUNK_BYTES, sizeBytes - chunk);
      readFully(fd, buffer, length, chunk);
      const content = buffer.subarray(0, length);
      if (content.equals(zeros.subarray(0, length))) continue;
      hash.update(`at ${chunk}\n`).update(content);
    }
    return hash.digest('hex');
  } finally {
    closeSync(fd);
  }
}

/** Offsets of the 1 MiB chunks that hold data, each once, in order. */
function* chunksOf(ranges: readonly DataRange[]): Generator<number> {
  let next = 0;
  for (const { offset, length } of ranges) {
    const first = Math.floor(offset / HASH_CHUNK_BYTES) * HASH_CHUNK_BYTES;
    for (let chunk = Math.max(next, first); chunk < offset + length; chunk += HASH_CHUNK_BYTES) {
      yield chunk;
      next = chunk + HASH_CHUNK_BYTES;
    }
  }
}

function readFully(fd: number, buffer: Uint8Array, length: number, position: number): void {
  for (let done = 0; done < length; ) {
    const count = readSync(fd, buffer, done, length - done, position + done);
    if (count === 0) throw new Error(`file ended at ${position + done}`);
    done += count;
  }
}
