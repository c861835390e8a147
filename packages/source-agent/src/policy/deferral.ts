/**
 * Which dirty blocks travel in a round and which are left dirty, as pure functions of what is dirty by
 * its heat: in how many of the last eight time steps a block was written (image/writeHistory).
 *
 * A block that was written in one step alone is cold and always travels. Hot ones will most likely be
 * written again before the switch, so a copy of them sent now is for nothing:
 *
 * - the hottest are left for the pause, as many as it may carry (`budgetBytes`);
 * - the others travel at the end of the round, collected when the cold ones have arrived, so that what
 *   is written to them meanwhile goes along; or with the cold ones, where these take no time.
 *
 * Nothing more is ever held back. Leaving all hot blocks while rounds did not shrink what is dirty saved bytes in a
 * simulation, and kept a move on a busy machine, where rounds take long now and then, from ever switching.
 */
import { HISTORY_STEPS } from '@godwit/image';

/** Written in so many of the last eight steps is hot. */
export const HOT_STEPS = 2;
/** Below this a turn of their own for the cold blocks costs more (a barrier over all lanes) than it saves. */
const COLD_WORTH_MS = 50;

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
}

/** The segments of a round, in their order. */
export function segmentsOf({ dirty, budgetBytes, bytesPerSec }: RoundInput): Segment[] {
  const hot = hotBytes(dirty);
  if (hot === 0) return [{ stayBytes: 0 }];
  if (hot <= budgetBytes) return [{ stayBytes: budgetBytes }];
  const coldFirst: Segment = { stayBytes: Number.POSITIVE_INFINITY };
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
