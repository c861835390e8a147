import { GodwitError } from '@godwit/errors';

const SMALLEST_BYTES = 4096;
const LARGEST_BYTES = 1024 * 1024;

/**
 * Refuses a block size that no image can have.
 *
 * @throws GodwitError E_BAD_VALUE naming `name`
 */
export function checkBlockBytes(bytes: number, name = 'block size'): void {
  const valid = bytes >= SMALLEST_BYTES && bytes <= LARGEST_BYTES && Number.isInteger(Math.log2(bytes));
  if (!valid) throw new GodwitError('E_BAD_VALUE', { name, value: bytes, expected: 'a power of two from 4K to 1M' });
}
