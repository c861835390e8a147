import type { ImageMaps, RawFile } from '@godwit/image';
import type { BlockExtent } from '@godwit/nbd';
import { BlockState } from '@godwit/nbd';

/** The meta contexts of an image (NBD specification, "Metadata querying"; QEMU, docs/interop/nbd.rst). */
export const ALLOCATION = 'base:allocation';
export const DIRTY = 'qemu:dirty-bitmap:godwit';

/** Runs of one answer: each takes two system calls of a microsecond, and nothing else is served meanwhile. A client asks on. */
const MOST_ALLOCATION_RUNS = 2048;
const BITS = 32;

/** Holes and data of [offset, offset + length), at most `maximum` runs; all data where the file system cannot tell. */
export function allocation(file: RawFile, offset: number, length: number, maximum: number): BlockExtent[] {
  const extents: BlockExtent[] = [];
  const end = offset + length;
  for (let at = offset; at < end && extents.length < Math.min(maximum, MOST_ALLOCATION_RUNS); ) {
    const data = Math.min(end, file.nextData(at));
    const stop = data > at ? data : Math.min(end, file.nextHole(at));
    // A hole that was filled, or data that was freed, between the two questions: the next one goes past it.
    if (stop > at) append(extents, stop - at, data > at ? BlockState.hole | BlockState.zero : 0);
    at = stop;
  }
  return extents;
}

/**
 * What the destination does not have yet: blocks that are dirty or in flight. A moment's view: a block that is
 * collected in this very moment may show as neither. 4 GiB, the longest question, are 32 Ki words of the maps at most.
 */
export function dirtiness(maps: ImageMaps, offset: number, length: number, maximum: number): BlockExtent[] {
  const { blockBytes } = maps;
  const end = offset + length;
  const extents: BlockExtent[] = [];
  let at = offset;
  while (at < end) {
    const block = Math.floor(at / blockBytes);
    const word = Math.floor(block / BITS);
    const bits = maps.dirty.loadWord(word) | maps.inFlight.loadWord(word);
    const isDirty = ((bits >>> (block % BITS)) & 1) === 1;
    // The run of equal bits from here to the end of the word.
    const others = (isDirty ? ~bits : bits) >>> (block % BITS);
    const toWordEnd = BITS - (block % BITS);
    const run = others === 0 ? toWordEnd : Math.min(toWordEnd, 31 - Math.clz32(others & -others));
    const stop = Math.min(end, (block + run) * blockBytes);
    if (!append(extents, stop - at, isDirty ? BlockState.dirty : 0, maximum)) break;
    at = stop;
  }
  return extents;
}

/** Joins it to the last run if that is of its kind; false when there are `maximum` runs and it would be one more. */
function append(extents: BlockExtent[], length: number, flags: number, maximum = Number.POSITIVE_INFINITY): boolean {
  const last = extents.at(-1);
  if (last?.flags === flags) {
    extents[extents.length - 1] = { length: last.length + length, flags };
    return true;
  }
  if (extents.length >= maximum) return false;
  extents.push({ length, flags });
  return true;
}
