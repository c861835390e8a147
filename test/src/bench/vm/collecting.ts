import { Stage } from '../../harness/stage.js';
import type { Place } from '../measured.js';
import { median } from '../statistics.js';
import { Dialogue } from './dialogue.js';
import { type Counts, compiled, type MemoryFile, type Way } from './ways.js';

const KIBIBYTE = 1024;
const SIZES_MIB = [1, 8, 32, 64];
/** Pages side by side, and every second one: as far apart as pages can be that no write can hold two of. */
const PATTERNS = [
  { name: 'side by side', stride: 1 },
  { name: 'every second', stride: 2 },
];

type Row = (string | number)[];

export const COLLECTING_HEAD: Row = [
  'pages, MiB',
  'touch ms',
  'collect ms',
  'least',
  'ms/MiB',
  'CPU ms',
  'writes',
  'KiB each',
];

/** What it costs to write to so much memory, and to have it collected then; medians, means of the rest. */
export async function collectingRows(way: Way, place: Place, sizeBytes: number, runs: number): Promise<Row[]> {
  const stage = new Stage(place.folder);
  try {
    const memory = await way.open(stage, sizeBytes);
    const toucher = new Dialogue(stage, await compiled(stage, 'touch.c'), [memory.path], memory.env);
    // Everything is mapped, and was written once.
    await toucher.ask('dirty 1000000 1');
    await memory.mappedBy(toucher.pid);
    await memory.collect();
    const rows: Row[] = [];
    for (const { name, stride } of PATTERNS) {
      for (const mebibytes of SIZES_MIB) {
        rows.push([`${name}, ${mebibytes}`, ...(await measured(memory, toucher, mebibytes, stride, runs))]);
      }
    }
    return rows;
  } finally {
    await stage.close();
  }
}

async function measured(
  memory: MemoryFile,
  toucher: Dialogue,
  mebibytes: number,
  stride: number,
  runs: number,
): Promise<number[]> {
  const touches: number[] = [];
  const collects: number[] = [];
  const [before, cpuSec] = [await memory.counts(), memory.cpuSec()];
  for (let run = 0; run < runs; run++) {
    touches.push(await toucher.askNumber(`dirty ${mebibytes} ${stride}`));
    collects.push(await memory.collect());
  }
  const cpuMs = (memory.cpuSec() - cpuSec) * 1000;
  const { writes, kibibytesEach } = difference(before, await memory.counts());
  const collectMs = median(collects);
  return [
    median(touches),
    collectMs,
    Math.min(...collects),
    collectMs / mebibytes,
    cpuMs / runs,
    writes / runs,
    kibibytesEach,
  ];
}

export function difference(before: Counts, after: Counts): { readonly writes: number; readonly kibibytesEach: number } {
  const writes = after.writes - before.writes;
  return { writes, kibibytesEach: (after.writtenBytes - before.writtenBytes) / writes / KIBIBYTE };
}
