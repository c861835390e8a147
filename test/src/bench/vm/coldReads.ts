import { runWell } from '../../harness/foreignCommand.js';
import { Stage } from '../../harness/stage.js';
import { dropCached } from '../diskCache.js';
import type { Place } from '../measured.js';
import { median } from '../statistics.js';
import { Dialogue } from './dialogue.js';
import { compiled, type MemoryFile, type Way } from './ways.js';

const FAULTS = 4096;
const GIBIBYTE = 1024 ** 3;
const MICROS_PER_MS = 1000;

type Row = (string | number)[];

export const COLD_HEAD: Row = ['way', 'read through, ms', 'GiB/s', `${FAULTS} random faults, ms`, 'us each'];

/** How long the first touch of memory takes at a destination: nothing of it is in the cache of the mapped file. */
export async function coldRow(way: Way, place: Place, sizeBytes: number, runs: number): Promise<Row> {
  const reads: number[] = [];
  const faults: number[] = [];
  for (let run = 0; run < runs; run++) {
    reads.push(await cold(way, place, sizeBytes, readThrough));
    faults.push(await cold(way, place, sizeBytes, (stage, memory) => faultRandomly(stage, memory, run)));
  }
  const [readMs, faultMs] = [median(reads), median(faults)];
  return [way.name, readMs, sizeBytes / GIBIBYTE / (readMs / 1000), faultMs, (faultMs / FAULTS) * MICROS_PER_MS];
}

async function cold(
  way: Way,
  place: Place,
  sizeBytes: number,
  work: (stage: Stage, memory: MemoryFile) => Promise<number>,
): Promise<number> {
  const stage = new Stage(place.folder);
  try {
    const memory = await way.open(stage, sizeBytes);
    dropCached(place, memory.image);
    return await work(stage, memory);
  } finally {
    await stage.close();
  }
}

async function readThrough(_: Stage, memory: MemoryFile): Promise<number> {
  const startMs = performance.now();
  await runWell('sh', ['-c', 'exec cat "$1" >/dev/null', 'sh', memory.path]);
  return performance.now() - startMs;
}

async function faultRandomly(stage: Stage, memory: MemoryFile, seed: number): Promise<number> {
  const toucher = new Dialogue(stage, await compiled(stage, 'touch.c'), [memory.path], memory.env);
  return toucher.askNumber(`fault ${FAULTS} ${seed}`);
}
