import { faultPoint } from '@godwit/faults';
import { HISTORY_STEPS, type ImageMaps } from '@godwit/image';
import { Cut, type DirtyByHeat, type Segment } from '../policy/deferral.js';
import { type PlannedImage, planRound, type Travellers } from './plan.js';
import type { WorkItems } from './workItems.js';

const WORD_BLOCKS = 32;
/** Slices of 1,024 blocks looked at before the thread is given back: some 2 ms of a full map. */
const SLICES_PER_TURN = 128;

/** Chooses the segments of a round once it is known what is dirty; see policy/deferral. */
export type SegmentChoice = (dirty: DirtyByHeat) => readonly Segment[];

export interface SentSegments {
  readonly blocks: number;
  /** Hot blocks that were left dirty. */
  readonly deferredBytes: number;
}

/**
 * Collects and sends a round in segments, each collected when the one before has arrived. Without a choice
 * all that is dirty goes in one.
 */
export async function sendInSegments(
  images: readonly Pick<PlannedImage, 'maps'>[],
  verify: 'full' | 'wire',
  send: (items: WorkItems) => Promise<unknown>,
  choose?: SegmentChoice,
): Promise<SentSegments> {
  let dirty: DirtyByHeat = choose === undefined ? [] : await dirtyByHeat(images);
  const segments = choose?.(dirty) ?? [{ stayBytes: 0 }];
  let blocks = 0;
  let deferredBytes = 0;
  for (const [index, segment] of segments.entries()) {
    if (index > 0) dirty = await dirtyByHeat(images);
    const cut = new Cut(dirty, segment);
    const plan = await planRound(images, verify, segment.stayBytes === 0 ? undefined : travellersOf(cut));
    blocks += plan.blocks;
    deferredBytes = cut.stayingBytes;
    faultPoint('source.round.collected');
    await send(plan.items);
    faultPoint('source.round.sent');
  }
  return { blocks, deferredBytes };
}

function travellersOf(cut: Cut): Travellers {
  return (maps, word, bits) => {
    let travelling = bits;
    eachBlock(word, bits, (block, bit) => {
      if (cut.stays(maps.history.heat(block), maps.blockBytes)) travelling &= ~bit;
    });
    return travelling;
  };
}

/** How many bytes are dirty, by the heat of their blocks. */
export async function dirtyByHeat(images: readonly Pick<PlannedImage, 'maps'>[]): Promise<number[]> {
  const bytes = Array.from({ length: HISTORY_STEPS + 1 }, () => 0);
  for (const { maps } of images) await countByHeat(maps, bytes);
  return bytes;
}

async function countByHeat({ dirty, history, blockBytes }: ImageMaps, bytes: number[]): Promise<void> {
  for (let slice = 0; slice < dirty.slices; slice += SLICES_PER_TURN) {
    dirty.lookAtSome(slice, slice + SLICES_PER_TURN, (word, bits) =>
      eachBlock(word, bits, (block) => {
        const heat = history.heat(block);
        bytes[heat] = (bytes[heat] ?? 0) + blockBytes;
      }),
    );
    if (slice + SLICES_PER_TURN < dirty.slices) await new Promise((resolve) => setImmediate(resolve));
  }
}

function eachBlock(word: number, bits: number, visit: (block: number, bit: number) => void): void {
  for (let left = bits; left !== 0; left &= left - 1) {
    const low = 31 - Math.clz32(left & -left);
    visit(word * WORD_BLOCKS + low, 1 << low);
  }
}
