import { type BlockMap, type BlockRange, type ImageMaps, type LiveImage, type RawFile, Turns } from '@godwit/image';
import { scout } from './scoutThread.js';
import { REGION_BYTES } from './workList.js';

/**
 * A file with more data than this is looked through in a thread of its own: SEEK_HOLE on tmpfs walks all
 * pages of a run of data in one call, 9 ms a GiB (measured), and cannot be told to stop.
 */
const IN_PLACE_BYTES = 1024 ** 3;
/** A hole of so many regions is kept as a range; so 4 TiB have at most 2^18 ranges. Shorter ones are bits. */
const LONG_HOLE_REGIONS = 16;
/** Bits that are set at once: 4,096 words. */
const SET_BLOCKS = 32 * 4096;

export type Verify = 'full' | 'wire';

/** What is marked, and how. */
export interface MarkingOptions {
  readonly verify: Verify;
  /** The destination has a copy: nothing of it is dirty for being there. */
  readonly isHeld: boolean;
}

interface Marking extends MarkingOptions {
  readonly maps: ImageMaps;
  readonly file: RawFile;
}

/**
 * Marks all that is not a hole as dirty (unless it is held) and, for `full`, all blocks as unproven, long holes as
 * ranges: what round 1, or a compare, starts from.
 */
export async function markAllocated(image: LiveImage, options: MarkingOptions): Promise<void> {
  const { maps, file } = image;
  const isSmall = file.allocatedBytes() <= IN_PLACE_BYTES;
  maps.holes.startWith(await (isSmall ? inPlace({ maps, file, ...options }) : scout(image.handle(), options)));
}

async function inPlace(marking: Marking): Promise<BlockRange[]> {
  const turns = new Turns();
  const holes: BlockRange[] = [];
  for (const { steps, hole } of marked(marking)) {
    if (hole !== undefined) holes.push(hole);
    turns.spend(steps);
    if (turns.isOver) await turns.next();
  }
  return holes;
}

/** A step of the marking: what it took, and a long hole if it came upon one. */
interface Step {
  readonly steps: number;
  readonly hole?: BlockRange;
}

/** Marks as it goes. */
export function* marked({ maps, file, verify, isHeld }: Marking): Generator<Step> {
  let done = 0;
  for (const { offset, length } of file.dataRanges()) {
    // A block may hold the end of one run and the beginning of the next.
    const first = Math.max(done, Math.floor(offset / maps.blockBytes));
    const end = Math.max(done, Math.ceil((offset + length) / maps.blockBytes));
    if (verify === 'full') yield* unprovenHole(maps, done, first);
    if (!isHeld) yield* setInSteps(maps.dirty, first, end);
    if (verify === 'full') yield* setInSteps(maps.unproven, first, end);
    done = end;
  }
  if (verify === 'full') yield* unprovenHole(maps, done, maps.blocks);
}

/** Blocks [from, end) are a hole: its whole regions as a range if they are many. */
function* unprovenHole(maps: ImageMaps, from: number, end: number): Generator<Step> {
  const blocksPerRegion = REGION_BYTES / maps.blockBytes;
  const firstRegion = Math.ceil(from / blocksPerRegion);
  const endRegion = end === maps.blocks ? Math.ceil(end / blocksPerRegion) : Math.floor(end / blocksPerRegion);
  if (endRegion - firstRegion < LONG_HOLE_REGIONS) {
    yield* setInSteps(maps.unproven, from, end);
    return;
  }
  const first = firstRegion * blocksPerRegion;
  const last = Math.min(end, endRegion * blocksPerRegion);
  yield* setInSteps(maps.unproven, from, first);
  yield { steps: 1, hole: { first, count: last - first } };
  yield* setInSteps(maps.unproven, last, end);
}

function* setInSteps(map: BlockMap, from: number, end: number): Generator<Step> {
  for (let first = from; first < end; first += SET_BLOCKS) {
    const count = Math.min(SET_BLOCKS, end - first);
    map.setRange(first, count);
    // Two questions to the file system may stand behind each.
    yield { steps: 20 + Math.ceil(count / 32) };
  }
}
