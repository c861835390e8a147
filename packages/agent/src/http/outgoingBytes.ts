/** Reads image bytes for an answer, a step at a time, so that a slow reader holds 2 MiB, not 16. */
import { Readable } from 'node:stream';
import type { ByteStore } from '../images/imageStore.js';

const STEP_BYTES = 1024 * 1024;

/**
 * A stream of `length` bytes from `offset`. The first step is read before it is returned, so that a
 * refusal (E_RANGE, E_MOVED, E_IO) is still an answer; a later failure breaks the connection.
 */
export async function openRange(bytes: ByteStore, offset: number, length: number): Promise<Readable> {
  const first = await bytes.read(offset, Math.min(STEP_BYTES, length));
  return Readable.from(steps(bytes, first, offset, length));
}

async function* steps(bytes: ByteStore, first: Buffer, offset: number, length: number): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  for (let done = first.length; done < length; done += STEP_BYTES) {
    yield await bytes.read(offset + done, Math.min(STEP_BYTES, length - done));
  }
}
