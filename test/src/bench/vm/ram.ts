/**
 * What it costs to see what a guest writes to its memory: `node bench/vm/ram.mjs [--runs N] [--seconds S] [--size 256M]
 * [--place tmpfs|disk|both] [--only collecting,guest,cold] [--ways plain,nbdfuse,qsd,pagemap,...]`. Prints tables;
 * bench/vm/README.md tells what they are.
 */
import { cpus, loadavg, release } from 'node:os';
import { parseArgs } from 'node:util';
import { parseSize } from '../../../../packages/agent/dist/index.js';
import type { Place } from '../measured.js';
import { placesOf } from '../places.js';
import { table } from '../statistics.js';
import { COLD_HEAD, coldRow } from './coldReads.js';
import { COLLECTING_HEAD, collectingRows } from './collecting.js';
import { GUEST_HEAD, guestRow } from './guestSpeed.js';
import { WAYS, type Way } from './ways.js';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '5' },
    size: { type: 'string', default: '256M' },
    place: { type: 'string', default: 'both' },
    only: { type: 'string', default: 'collecting,guest,cold' },
    ways: { type: 'string', default: 'plain,nbdfuse,nbdfuse-unlimited,qsd,qsd-unlimited,pagemap,godwit' },
  },
});
const [runs, seconds, sizeBytes] = [Number(values.runs), Number(values.seconds), parseSize(values.size)];
const wanted = new Set(values.only.split(','));
/** 33 MB/s, and as fast as the machine can. */
const PAUSES_MICROS = [100, 0];

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const ways = values.ways.split(',').map((name): Way => {
  const way = WAYS[name];
  if (way === undefined) throw new Error(`--ways: ${Object.keys(WAYS).join(',')}, not ${name}`);
  return way;
});

say(`${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, Linux ${release()}, node ${process.version}`);
for (const place of placesOf(values.place, say)) {
  if (wanted.has('collecting')) await reportCollecting(place);
  if (wanted.has('guest')) await reportGuest(place);
  if (wanted.has('cold')) await reportCold(place);
}

async function reportCollecting(place: Place): Promise<void> {
  for (const way of ways) {
    say(`\n${place.name}, ${way.name}; ${load()}`);
    say(table([COLLECTING_HEAD, ...(await collectingRows(way, place, sizeBytes, runs))]));
  }
}

async function reportGuest(place: Place): Promise<void> {
  const rows: (string | number)[][] = [];
  for (const pause of PAUSES_MICROS) for (const way of ways) rows.push(await guestRow(way, place, pause, seconds));
  say(`\n${place.name}: the guest left alone, then collected every 500 ms; ${load()}`);
  say(table([GUEST_HEAD, ...rows]));
}

async function reportCold(place: Place): Promise<void> {
  const rows: (string | number)[][] = [];
  for (const way of ways) rows.push(await coldRow(way, place, sizeBytes, runs));
  say(`\n${place.name}: nothing in the cache; ${load()}`);
  say(table([COLD_HEAD, ...rows]));
}

function load(): string {
  return `load ${loadavg()[0]?.toFixed(1)}`;
}
