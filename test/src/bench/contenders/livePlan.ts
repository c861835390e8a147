/** An image that is written to while it moves, and what its writer noticed. */
import type { LineOptions } from '../../harness/delayLine.js';
import { runWell } from '../../harness/foreignCommand.js';
import type { Stage } from '../../harness/stage.js';
import type { Place } from '../measured.js';
import { Fio, type FioJob, type FioRequest } from '../nbdFio.js';

export interface LivePlan {
  readonly place: Place;
  /** Makes the image; one that is written to serves one run. */
  readonly make: (path: string) => void;
  readonly sizeBytes: number;
  /** Of the image, from its beginning, that is written to. */
  readonly spanBytes: number;
  readonly writeBytesPerSec: number;
  readonly wire?: LineOptions;
  /** As fio's --random_distribution. */
  readonly distribution?: string;
}

const WRITE_BYTES = 64 * 1024;
/** fio is stopped when all was seen; this is when it gives up waiting. */
const LONGEST_SECONDS = 300;
const UNDISTURBED_MS = 2000;

/** fio, which is stopped once all was seen, and ended with its stage in any case. */
export function writerOf(stage: Stage, uri: string, plan: LivePlan): Fio {
  const fio = new Fio(stage.directory, 'writer', uri, jobOf(plan));
  stage.atEnd(() => fio.kill());
  return fio;
}

function jobOf({ spanBytes, writeBytesPerSec, distribution }: LivePlan): FioJob {
  return {
    rw: 'randwrite',
    blockBytes: WRITE_BYTES,
    spanBytes,
    rate: Math.round(writeBytesPerSec / WRITE_BYTES),
    seconds: LONGEST_SECONDS,
    keepRequests: true,
    ...(distribution === undefined ? {} : { distribution }),
  };
}

/** The writer goes on undisturbed for a while, before a move and after it: that is measured, not waited for. */
export function undisturbed(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, UNDISTURBED_MS));
}

/** Times of a move, milliseconds since 1970 as fio logs them. */
export interface MoveTimes {
  readonly startMs: number;
  readonly endMs: number;
}

/** What the writer noticed; a request belongs to the move when any of its time does. */
export function feltBy(requests: readonly FioRequest[], { startMs, endMs }: MoveTimes): Record<string, number> {
  const before = requests.filter(({ answeredAtMs }) => answeredAtMs < startMs);
  const during = requests.filter(
    ({ answeredAtMs, latencyMs }) => answeredAtMs >= startMs && answeredAtMs - latencyMs <= endMs,
  );
  return { 'felt ms': longestOf(during), 'longest before ms': longestOf(before) };
}

/**
 * Blocks that were written between the beginning of the first round and the end of the move, each once, in bytes;
 * from the writer's own log.
 */
export function uniqueDirtyBytes(requests: readonly FioRequest[], { startMs, endMs }: MoveTimes): number {
  const blocks = new Set<number>();
  for (const { answeredAtMs, offset } of requests) {
    if (answeredAtMs >= startMs && answeredAtMs <= endMs) blocks.add(Math.floor(offset / WRITE_BYTES));
  }
  return blocks.size * WRITE_BYTES;
}

/** What was not written to is equal at both ends. What was has no original any more; the mover vouches for it. */
export async function assertEqualBeyond(plan: LivePlan, original: string, copy: string): Promise<void> {
  await runWell('cmp', ['-i', String(plan.spanBytes), original, copy]);
}

function longestOf(requests: readonly FioRequest[]): number {
  return requests.reduce((longest, { latencyMs }) => Math.max(longest, latencyMs), 0);
}
