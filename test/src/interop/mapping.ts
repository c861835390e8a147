/** What foreign tools say about the blocks of an export, in the form of sparseFile's ranges. */
import { runWell } from '../harness/foreignCommand.js';
import { hasFields, listOf, parseJson } from '../harness/jsonGuards.js';
import type { DataRange } from '../harness/sparseFile.js';

/** base:allocation: data is what is neither hole nor zero. */
const DATA = 0;
/** qemu:dirty-bitmap: bit 0 says dirty. */
const DIRTY = 1;

interface NbdinfoExtent {
  readonly offset: number;
  readonly length: number;
  readonly type: number;
}

interface QemuExtent {
  readonly start: number;
  readonly length: number;
  readonly data: boolean;
}

/** What nbdinfo calls data. */
export async function dataByNbdinfo(uri: string): Promise<DataRange[]> {
  return joined(await extentsByNbdinfo(uri, ['--map']), (extent) => extent.type === DATA);
}

/** What nbdinfo calls dirty in a bitmap. */
export async function dirtyByNbdinfo(uri: string, bitmap: string): Promise<DataRange[]> {
  return joined(await extentsByNbdinfo(uri, [`--map=${bitmap}`]), (extent) => extent.type === DIRTY);
}

/** Every byte of the export described, in order and without gaps: otherwise an error. */
async function extentsByNbdinfo(uri: string, args: readonly string[]): Promise<NbdinfoExtent[]> {
  const listed = parseJson(await runWell('nbdinfo', [...args, '--json', uri]));
  return gapless(listOf(listed, isNbdinfoExtent, 'extents'));
}

/** What qemu-img calls data; `image` is a URI, or options with --image-opts in front. */
export async function dataByQemuImg(...image: readonly string[]): Promise<DataRange[]> {
  return joined(await extentsByQemuImg(image), (extent) => extent.data);
}

/** What qemu-img shows as dirty: with x-dirty-bitmap its "data" is false where a bit is set. */
export async function dirtyByQemuImg(...image: readonly string[]): Promise<DataRange[]> {
  return joined(await extentsByQemuImg(image), (extent) => !extent.data);
}

async function extentsByQemuImg(image: readonly string[]): Promise<(NbdExtent & { readonly data: boolean })[]> {
  const listed = parseJson(await runWell('qemu-img', ['map', '--output=json', ...image]));
  const extents = listOf(listed, isQemuExtent, 'extents');
  return gapless(extents.map(({ start, length, data }) => ({ offset: start, length, data })));
}

interface NbdExtent {
  readonly offset: number;
  readonly length: number;
}

function gapless<Extent extends NbdExtent>(extents: Extent[]): Extent[] {
  let end = 0;
  for (const { offset, length } of extents) {
    if (offset !== end) throw new Error(`a gap or an overlap at ${end}: ${JSON.stringify(extents)}`);
    end = offset + length;
  }
  return extents;
}

/** The chosen extents, adjacent ones joined. */
function joined<Extent extends NbdExtent>(
  extents: readonly Extent[],
  chosen: (extent: Extent) => boolean,
): DataRange[] {
  const ranges: DataRange[] = [];
  for (const { offset, length } of extents.filter(chosen)) {
    const last = ranges.at(-1);
    if (last !== undefined && last.offset + last.length === offset) {
      ranges[ranges.length - 1] = { offset: last.offset, length: last.length + length };
    } else {
      ranges.push({ offset, length });
    }
  }
  return ranges;
}

function isNbdinfoExtent(value: unknown): value is NbdinfoExtent {
  return hasFields(value, { offset: 'number', length: 'number', type: 'number' }, 'an extent of nbdinfo');
}

function isQemuExtent(value: unknown): value is QemuExtent {
  return hasFields(value, { start: 'number', length: 'number' }, 'an extent of qemu-img');
}
