import { type FileHandle, open } from 'node:fs/promises';
import { type DataRange, dataRangesOf } from '../harness/sparseFile.js';

/** Bytes that can be compared: the owner's image, or what it held before the first write. */
export interface ByteSource {
  readonly sizeBytes: number;
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Everything outside these reads as zeros. */
  dataRanges(): Promise<readonly DataRange[]>;
  close(): Promise<void>;
}

/** A file, holes skipped where the file system can tell. */
export async function fileBytes(path: string): Promise<ByteSource> {
  const handle: FileHandle = await open(path, 'r');
  const { size } = await handle.stat();
  return {
    sizeBytes: size,
    read: async (offset, length) => {
      const buffer = new Uint8Array(length);
      for (let done = 0; done < length; ) {
        const { bytesRead } = await handle.read(buffer, done, length - done, offset + done);
        if (bytesRead === 0) throw new Error(`${path} ended at ${offset + done}, ${size} bytes were expected`);
        done += bytesRead;
      }
      return buffer;
    },
    dataRanges: async () => dataRangesOf(path),
    close: () => handle.close(),
  };
}

/** Bytes in memory, for tests of the oracle itself. */
export function memoryBytes(bytes: Uint8Array): ByteSource {
  return {
    sizeBytes: bytes.length,
    read: async (offset, length) => bytes.slice(offset, offset + length),
    dataRanges: async () => [{ offset: 0, length: bytes.length }],
    close: async () => undefined,
  };
}
