import type { WriteRecord } from './history.js';

/** Latencies of acknowledged writes in milliseconds. */
export interface LatencySummary {
  readonly count: number;
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly worstMs: number;
}

/** Median, 99th percentile and worst of the acknowledged writes. */
export function summariseLatency(records: readonly WriteRecord[]): LatencySummary {
  const sorted = acknowledged(records)
    .map((record) => record.answeredAtMs - record.sentAtMs)
    .sort((left, right) => left - right);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return { count: sorted.length, medianMs: at(0.5), p99Ms: at(0.99), worstMs: sorted.at(-1) ?? 0 };
}

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

/** First acknowledged write after `sinceMs`: how long the image was not writable. */
export function firstAcknowledgedAfter(records: readonly WriteRecord[], sinceMs: number): WriteRecord | undefined {
  return acknowledged(records).find((record) => record.sentAtMs >= sinceMs);
}

function acknowledged(records: readonly WriteRecord[]): readonly WriteRecord[] {
  return records.filter((record) => record.outcome === 'acknowledged');
}
