import { buildGuest } from '@godwit/guest';
import { GuestMachine, machinePlan } from '../../e2e/guest/machine.js';
import { Stage } from '../../harness/stage.js';
import type { Place } from '../measured.js';
import { median, worst } from '../statistics.js';
import { difference } from './collecting.js';
import { paceDuring, passing } from './pace.js';
import type { MemoryFile, Way } from './ways.js';

const MEBIBYTE = 1024 * 1024;
const COLLECT_EVERY_MS = 500;

type Row = (string | number)[];

export const GUEST_HEAD: Row = [
  ...[
    'way, pause us',
    'boot s',
    'pages/s',
    'gap ms',
    'pages/s',
    'gap ms',
    'collect ms',
    'worst',
    'writes',
    'KiB each',
    'CPU %',
  ],
];

/** How fast the oracle comes along left alone, and while its memory is collected all the time. */
export async function guestRow(way: Way, place: Place, pauseMicros: number, seconds: number): Promise<Row> {
  const stage = new Stage(place.folder);
  try {
    const guest = await buildGuest();
    const memory = await way.open(stage, 256 * MEBIBYTE);
    const plan = await machinePlan(stage, {
      guest,
      memoryFile: memory.path,
      work: { oraclePauseMicros: pauseMicros, off: ['c'] },
      env: memory.env,
    });
    const startMs = performance.now();
    const machine = await GuestMachine.start(stage, plan);
    await machine.console.until('the guest to boot', ({ isReady, oracle }) => isReady && oracle !== undefined);
    const bootSec = (performance.now() - startMs) / 1000;
    await memory.mappedBy(machine.process.pid);
    await memory.collect();
    const alone = await during(machine, () => passing(seconds * 1000));
    const before = await memory.counts();
    const [collects, cpuSec]: [number[], number] = [[], memory.cpuSec()];
    const collected = await during(machine, () => collectFor(memory, seconds, collects));
    const cpuPercent = ((memory.cpuSec() - cpuSec) / seconds) * 100;
    const { writes, kibibytesEach } = difference(before, await memory.counts());
    const figures = [median(collects), worst(collects), writes / collects.length, kibibytesEach, cpuPercent];
    return [`${way.name}, ${pauseMicros}`, bootSec, ...alone, ...collected, ...figures];
  } finally {
    await stage.close();
  }
}

/** Pages a second, and the longest gap between two lines of the counter as the host saw them. */
async function during({ console, plan }: GuestMachine, work: () => Promise<void>): Promise<[number, number]> {
  const { pages, seconds, gapMs } = await paceDuring(console, plan.commandPort, work);
  return [pages / seconds, gapMs];
}

async function collectFor(memory: MemoryFile, seconds: number, collects: number[]): Promise<void> {
  const endMs = performance.now() + seconds * 1000;
  while (performance.now() < endMs) {
    const dueMs = performance.now() + COLLECT_EVERY_MS;
    collects.push(await memory.collect());
    await passing(Math.max(0, dueMs - performance.now()));
  }
}
