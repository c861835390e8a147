import { createHash } from 'node:crypto';
import type { OwnershipContent } from '../recordContent.js';

/** Told from others by its number, and now longer, now shorter than a block of the file. */
export function contentOf(number: number, characters = (number * 911) % 9000): OwnershipContent {
  const migration = 'm'.repeat(characters);
  return { identity: String(number), records: [], outcomes: [{ migration, outcome: 'aborted' }] };
}

/** A file as agents wrote it before there were slots. */
export function documentOf(content: OwnershipContent): Buffer {
  const sha256 = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  return Buffer.from(`${JSON.stringify({ format: 1, sha256, content }, null, 2)}\n`);
}
