import { describe, expect, it } from 'vitest';
import { godwit } from '../harness/command.js';
import { until } from '../harness/condition.js';
import { expectMovedWhole, expectSoundCompletion } from '../harness/expectations.js';
import { makeRandomImage } from '../harness/imageFiles.js';
import type { MigrationView, ScrubProgress } from '../harness/migrationView.js';
import { untilState } from '../harness/moving.js';
import { DISK, type Pair, pairOf } from '../harness/pair.js';
import { tamper } from '../harness/tamper.js';
import { stageForTest } from '../harness/testStage.js';

const MEBIBYTE = 1024 * 1024;
const SIZE_BYTES = 8 * MEBIBYTE;
const RATE_BYTES_PER_SEC = 2 * MEBIBYTE;
/** A lane is a piece of 128 KiB ahead of its booking at most, there are two, and 50 ms may be caught up. */
const AHEAD_BYTES = 2 * 128 * 1024 + RATE_BYTES_PER_SEC / 20;

interface Move {
  readonly pair: Pair;
  readonly id: string;
}

/** Two lanes, whatever the machine: each has its own piece under way. */
async function slowlyScrubbed(scrubLimit: number): Promise<Move> {
  const stage = stageForTest();
  const pair = await pairOf(stage, (path) => makeRandomImage(path, SIZE_BYTES));
  const { address } = pair.destination;
  const request = { images: [DISK], destination: address, lanes: 2, scrubLimit };
  return { pair, id: await pair.source.api.startMigration(request) };
}

/** One look at a scrub: it began after `beganAfterMs`, and had come so far before `atMs`. */
interface Look extends ScrubProgress {
  readonly atMs: number;
}

/** Looks at a migration until it ends; since when there can have been a scrub, and what was seen of it. */
async function watched({ pair, id }: Move): Promise<{ beganAfterMs: number; looks: Look[]; view: MigrationView }> {
  const looks: Look[] = [];
  let beganAfterMs = performance.now();
  const view = await until('the migration to end', async () => {
    const askedMs = performance.now();
    const now = await pair.source.api.migration(id);
    const { scrub } = now.progress;
    if (scrub === undefined) beganAfterMs = askedMs;
    else if (now.progress.phase === 'verifying') looks.push({ ...scrub, atMs: performance.now() });
    return now.endedAt === undefined ? undefined : now;
  });
  return { beganAfterMs, looks, view };
}

/** Resolves once the first scrub has come so far, and not to its end. */
async function inScrub({ pair, id }: Move, fromBytes: number): Promise<ScrubProgress> {
  return until('the scrub to be under way', async () => {
    const { progress, endedAt } = await pair.source.api.migration(id);
    if (endedAt !== undefined) throw new Error('the migration ended before a scrub was seen');
    const { scrub } = progress;
    if (scrub === undefined || scrub.checkedBytes < fromBytes) return undefined;
    expect(scrub.checkedBytes).toBeLessThan(scrub.totalBytes);
    return scrub;
  });
}

describe('a scrub', () => {
  it('keeps to its rate, and its progress rises to the end', async () => {
    const move = await slowlyScrubbed(RATE_BYTES_PER_SEC);
    const { beganAfterMs, looks, view } = await watched(move);
    expectSoundCompletion(view);
    expect(looks.length).toBeGreaterThan(3);
    for (const [index, { atMs, checkedBytes, totalBytes }] of looks.entries()) {
      expect(totalBytes).toBe(SIZE_BYTES);
      const allowed = ((atMs - beganAfterMs) / 1000) * RATE_BYTES_PER_SEC + AHEAD_BYTES;
      expect(checkedBytes).toBeLessThanOrEqual(allowed);
      expect(checkedBytes).toBeGreaterThanOrEqual(looks[index - 1]?.checkedBytes ?? 0);
    }
    // It was seen in parts, not at its ends alone.
    expect(new Set(looks.map(({ checkedBytes }) => checkedBytes)).size).toBeGreaterThan(2);
    expect(view.verified).toMatchObject({ mode: 'full', bytes: SIZE_BYTES, mismatches: 0 });
    await expectMovedWhole(move.pair.source, move.pair.destination, move.pair.path);
  });

  it('shows how far it is, as status and as metrics', async () => {
    // So slow that it is under way whenever it is asked.
    const move = await slowlyScrubbed(MEBIBYTE / 16);
    const { checkedBytes } = await inScrub(move, 0);
    const { source } = move.pair;
    const [status, metrics] = await Promise.all([
      godwit('status', move.id, '--source', source.api.url),
      source.api.metrics(),
    ]);
    expect(status.stdout).toMatch(/scrub +\d+(\.\d+)?% of 8(\.0)? MiB, /);
    expect(Number(/^godwit_scrub_checked_bytes\S* (\d+)$/m.exec(metrics)?.[1])).toBeGreaterThanOrEqual(checkedBytes);
    expect(Number(/^godwit_scrub_total_bytes\S* (\d+)$/m.exec(metrics)?.[1])).toBe(SIZE_BYTES);
    await source.api.cancel(move.id);
    await untilState(source.api, move.id, 'cancelled');
  });

  it('finds what changed at the destination after it was written, and repairs it', async () => {
    const move = await slowlyScrubbed(MEBIBYTE);
    await inScrub(move, 1);
    // Sent long ago, and the last to be read back.
    tamper(move.pair.destination.imagePath(DISK), SIZE_BYTES - 100);
    const view = await untilState(move.pair.source.api, move.id, 'completed');
    expectSoundCompletion(view);
    expect(view.verified).toMatchObject({ mode: 'full', bytes: SIZE_BYTES, mismatches: 1 });
    expect(view.progress.resent).toBe(64 * 1024);
    await expectMovedWhole(move.pair.source, move.pair.destination, move.pair.path);
  });
});
