/**
 * Which dirty blocks travel in a round and which are left dirty, as pure functions of what is dirty by
 * its heat: in how many of the last eight time steps a block was written (image/writeHistory).
 *
 * A block that was written in one step alone is cold and always travels. Hot ones will most likely be
 * written again before the switch, so a copy of them sent now is for nothing:
 *
 * - the hottest are left for the pause, as many as it may carry (`budgetBytes`);
 * - the others travel at the end of the round, collected when the cold ones have arrived, so that what
 *   is written to them meanwhile goes along; or with the cold ones, where these take no time;
 * - where that does not help (as much is dirty after a round as before it, for the workload rewrites hot blocks
 *   faster than the wire carries them), all hot blocks are left, for a while that doubles each time. It
 *   ends by itself: a workload that has become calmer is found out, and nothing is left for ever.
 */
import { HISTORY_STEPS } from '@godwit/image';

/** Written in so many of the last eight steps is hot. */
export const HOT_STEPS = 2;
/** Below this a turn of their own for the cold blocks costs more (a barrier over all lanes) than it saves. */
const COLD_WORTH_MS = 50;
/** A round that leaves at least this share of what it found did not help. */
export const FUTILE_SHARE = 0.9;
const LONGEST_HOLD_MS = 10_000;

/** Dirty bytes by heat, 0 to 8. */
export type DirtyByHeat = readonly number[];

/** A part of a round: up to `stayBytes` of hot blocks, the hottest, are left dirty; all else travels. */
export interface Segment {
  readonly stayBytes: number;
}

export interface RoundInput {
  readonly dirty: DirtyByHeat;
  /** What may be left for the pause. */
  readonly budgetBytes: number;
  /** How fast blocks travel; undefined while that is not known. */
  readonly bytesPerSec: number | undefined;
  /** Hot blocks that the pause has no room for are left, too. */
  readonly holds: boolean;
}

/** The segments of a round, in their order. */
export function segmentsOf({ dirty, budgetBytes, bytesPerSec, holds }: RoundInput): Segment[] {
  const hot = hotBytes(dirty);
  if (hot === 0) return [{ stayBytes: 0 }];
  if (hot <= budgetBytes) return [{ stayBytes: budgetBytes }];
  const coldFirst: Segment = { stayBytes: Number.POSITIVE_INFINITY };
  if (holds) return [coldFirst];
  const coldMs = bytesPerSec === undefined ? 0 : ((total(dirty) - hot) / bytesPerSec) * 1000;
  return coldMs < COLD_WORTH_MS ? [{ stayBytes: budgetBytes }] : [coldFirst, { stayBytes: budgetBytes }];
}

export function hotBytes(dirty: DirtyByHeat): number {
  return total(dirty.slice(HOT_STEPS));
}

export function total(bytes: readonly number[]): number {
  return bytes.reduce((sum, some) => sum + some, 0);
}

/**
 * Says block by block what stays: all above a heat, as many of that heat as there is room for. Never
 * more than `stayBytes`, also when blocks have become hotter since they were counted.
 */
export class Cut {
  #roomBytes: number;
  /** Room for blocks of the heat at which the room ends. */
  #marginBytes: number;
  readonly #marginHeat: number;
  #stayingBytes = 0;

  constructor(dirty: DirtyByHeat, { stayBytes }: Segment) {
    let heat = HISTORY_STEPS;
    let room = stayBytes;
    while (heat > HOT_STEPS && room >= (dirty[heat] ?? 0)) room -= dirty[heat--] ?? 0;
    this.#roomBytes = stayBytes;
    this.#marginHeat = heat;
    this.#marginBytes = room;
  }

  /** Asked once for each dirty block; true when it is left dirty. */
  stays(heat: number, blockBytes: number): boolean {
    if (heat < this.#marginHeat || heat < HOT_STEPS || blockBytes > this.#roomBytes) return false;
    if (heat === this.#marginHeat) {
      if (blockBytes > this.#marginBytes) return false;
      this.#marginBytes -= blockBytes;
    }
    this.#roomBytes -= blockBytes;
    this.#stayingBytes += blockBytes;
    return true;
  }

  get stayingBytes(): number {
    return this.#stayingBytes;
  }
}

/**
 * Rounds that carry hot blocks beyond the budget, one after the other, are an attempt to get the dirty set
 * down. It has failed when one of them leaves nine tenths of what it found.
 */
export interface HoldState {
  /** Attempts in a row that got no further than those before. */
  readonly failures: number;
  /** The least that was dirty at the end of an attempt. */
  readonly lowestBytes: number;
  /** Hot blocks are held back until then. */
  readonly untilMs: number;
  readonly attempt: { readonly sinceMs: number; readonly dirtyBytes: number } | undefined;
}

export const NO_HOLD: HoldState = {
  failures: 0,
  lowestBytes: Number.POSITIVE_INFINITY,
  untilMs: 0,
  attempt: undefined,
};

/** What there is before a round. */
export interface BeforeRound {
  readonly dirtyBytes: number;
  /** Hot blocks beyond the budget are among it. */
  readonly hasExcess: boolean;
  readonly nowMs: number;
}

/** Asked before each round: are hot blocks beyond the budget held back in it? */
export function judgeHold(before: HoldState, now: BeforeRound): { state: HoldState; holds: boolean } {
  const { attempt } = before;
  const failed = attempt !== undefined && now.dirtyBytes >= attempt.dirtyBytes * FUTILE_SHARE;
  const state = failed ? afterFailure(before, attempt.sinceMs, now) : before;
  if (!now.hasExcess) return { state: { ...state, attempt: undefined }, holds: false };
  if (now.nowMs < state.untilMs) return { state, holds: true };
  const sinceMs = state.attempt?.sinceMs ?? now.nowMs;
  return { state: { ...state, attempt: { sinceMs, dirtyBytes: now.dirtyBytes } }, holds: false };
}

/** Holds for as long as the attempt took, twice as long after each further one that got no lower. */
function afterFailure(before: HoldState, sinceMs: number, { dirtyBytes, nowMs }: BeforeRound): HoldState {
  const failures = dirtyBytes < before.lowestBytes * FUTILE_SHARE ? 0 : before.failures + 1;
  const holdMs = Math.min(LONGEST_HOLD_MS, (nowMs - sinceMs) * 2 ** failures);
  const lowestBytes = Math.min(before.lowestBytes, dirtyBytes);
  return { failures, lowestBytes, untilMs: nowMs + holdMs, attempt: undefined };
}
