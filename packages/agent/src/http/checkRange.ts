import { GodwitError } from '@godwit/errors';
import type { ByteStore } from '../images/imageStore.js';

/**
 * Refuses what is not inside the image. The store checks too; here it keeps a sum above 2^53 from being
 * rounded into range, and a call of several ranges from being half done.
 *
 * @throws GodwitError E_RANGE
 */
export function checkRange(bytes: ByteStore, offset: number, length: number): void {
  if (offset <= bytes.size && length <= bytes.size - offset) return;
  throw new GodwitError('E_RANGE', { offset, length, size: bytes.size });
}
