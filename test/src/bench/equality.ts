import { existsSync } from 'node:fs';
import { allocatedBytesOf, sparseDigestOf } from '../harness/sparseFile.js';

/** Of originals that do not change while a case runs; by path and size of what is allocated. */
const digests = new Map<string, string>();

/** Throws when the copy is not the original, byte for byte, a hole being equal to zeros. */
export function assertEqualCopies(original: string, copy: string): void {
  if (!existsSync(copy)) throw new Error('there is no copy');
  if (sparseDigestOf(copy) !== digestOf(original)) throw new Error('the copy differs');
}

/** As above, for copies that have to be as thin as the original. */
export function assertThinEqualCopies(original: string, copy: string): void {
  assertEqualCopies(original, copy);
  if (allocatedBytesOf(copy) > allocatedBytesOf(original) * 1.05 + 65_536) throw new Error('the copy is not thin');
}

function digestOf(original: string): string {
  const known = digests.get(original);
  if (known !== undefined) return known;
  const digest = sparseDigestOf(original);
  digests.set(original, digest);
  return digest;
}
