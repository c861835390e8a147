import { createHash } from 'node:crypto';

const DIGITS = 32;

/** What files that belong to a migration are called by. Not the id itself: it comes from the source, and might be a path. */
export function fileNameOf(migration: string): string {
  return createHash('sha256').update(migration).digest('hex').slice(0, DIGITS);
}
