import type { MigrationView } from '@godwit/agent';
import { formatBytes, formatBytesPerSec, formatDuration, formatMbps, formatPercent } from './quantities.js';
import { scrubInWords } from './summary.js';
import { oneLine } from './text.js';
import { namesInWords, stateInWords } from './words.js';

/** Log readers want to see that it moves, not every step. */
const PROGRESS_EVERY_MS = 2000;

/**
 * Turns views into lines for a log: one for each change of state, one for each round, and progress at
 * most every 2 s. Knows no clock: the caller says when each view came.
 */
export class PlainLog {
  #state: string | undefined;
  #lastRound = 0;
  #lastProgressMs = Number.NEGATIVE_INFINITY;
  #lastProgress = '';

  lines(view: MigrationView, nowMs: number): string[] {
    const state = this.#stateLines(view, nowMs);
    const rounds = this.#roundLines(view);
    // The last rounds often come with the end itself; they were before it.
    const news = view.endedAt === undefined ? [...state, ...rounds] : [...rounds, ...state];
    return [...news, ...this.#progress(view, nowMs)];
  }

  #stateLines(view: MigrationView, nowMs: number): string[] {
    if (view.state === this.#state) return [];
    const subject = this.#state === undefined ? `migration ${view.id} of ${namesInWords(view.images)}` : view.id;
    this.#state = view.state;
    this.#lastProgressMs = nowMs;
    return [`${subject}: ${view.state} (${stateInWords(view)})`];
  }

  #roundLines(view: MigrationView): string[] {
    const unsaid = view.rounds.filter((round) => round.round > this.#lastRound);
    this.#lastRound = unsaid.at(-1)?.round ?? this.#lastRound;
    return unsaid.map((round) => {
      const zeros = round.zeroBytes === 0 ? '' : `, ${formatBytes(round.zeroBytes)} of it zeros`;
      const pace = `${formatBytes(round.bytes)}${zeros}, ${formatBytes(round.wireBytes)} on the wire in ${formatDuration(round.durationMs)}`;
      return `round ${round.round}: ${pace} (${formatMbps(round.mbps)}), ${formatBytes(round.dirtiedBytes)} dirtied meanwhile`;
    });
  }

  #progress(view: MigrationView, nowMs: number): string[] {
    if (view.endedAt !== undefined || nowMs - this.#lastProgressMs < PROGRESS_EVERY_MS) return [];
    const { progress } = view;
    const eta = progress.etaMs === null ? '' : `, ETA ${formatDuration(progress.etaMs)}`;
    const moved = `${formatBytes(progress.transferred)} of ${formatBytes(progress.total)}`;
    const dirty = `dirty ${formatBytesPerSec(progress.dirtyBytesPerSec)}`;
    const scrub = scrubInWords(view);
    const phase = `${oneLine(progress.phase)}${scrub === '' ? '' : ` (${scrub})`}`;
    const line = `${formatPercent(progress.percent)} ${phase}, ${moved}, ${formatMbps(progress.mbps)}${eta}, ${dirty}`;
    if (line === this.#lastProgress) return [];
    this.#lastProgress = line;
    this.#lastProgressMs = nowMs;
    return [line];
  }
}
