import type { MigrationView } from '../harness/migrationView.js';
import type { WriteRecord } from './history.js';

/** Wire bytes of all rounds but the first, those of the pause included. */
export function wireBytesAfterFirst({ rounds }: MigrationView): number {
  return rounds.slice(1).reduce((sum, { wireBytes }) => sum + wireBytes, 0);
}

/** Bytes of the blocks that were written at least once at `url`, each counted once. */
export function bytesWritten(records: readonly WriteRecord[], url: string, blockBytes: number): number {
  const blocks = new Set<number>();
  for (const { offset, length, target, outcome } of records) {
    if (outcome !== 'acknowledged' || !target.startsWith(url)) continue;
    for (let block = Math.floor(offset / blockBytes); block * blockBytes < offset + length; block++) blocks.add(block);
  }
  return blocks.size * blockBytes;
}
