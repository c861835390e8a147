import type { WriteRecord } from './history.js';

/**
 * The pause as a workload felt it: the longest latency of a write that was sent to the source and
 * answered by the destination. Undefined when no write met the switch.
 */
export function pauseAsFelt(records: readonly WriteRecord[], sourceUrl: string): number | undefined {
  const ordered = [...acknowledged(records)].sort((left, right) => left.answeredAtMs - right.answeredAtMs);
  const firstThere = ordered.find((record) => !record.target.startsWith(sourceUrl));
  if (firstThere === undefined) return undefined;
  const around = ordered.filter(
    (record) => record.sentAtMs <= firstThere.answeredAtMs && record.answeredAtMs >= firstThere.sentAtMs,
  );
  return Math.max(...around.map((record) => record.answeredAtMs - record.sentAtMs));
}

function acknowledged(records: readonly WriteRecord[]): readonly WriteRecord[] {
  return records.filter((record) => record.outcome === 'acknowledged');
}
