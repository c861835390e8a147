/**
 * The numbers of the spine in one run, beside the peer: `node bench/spine.mjs [--runs N] [--pauses N]
 * [--only throughput,pause,memory]`. Prints a table and leaves the raw values in bench/results.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { makeMixedImage, makeSparseImage } from '../harness/imageFiles.js';
import type { Downtime } from '../harness/migrationView.js';
import { Stage } from '../harness/stage.js';
import { type MoveCost, moveOnce, type Workload } from './godwitMove.js';
import { type CopyCost, copyWithPeer, writeBeside } from './peerCopy.js';
import { median, table, worst } from './statistics.js';

const MEBIBYTE = 1024 * 1024;
const GIBIBYTE = 1024 * MEBIBYTE;
const PAUSE_IMAGE_BYTES = 256 * MEBIBYTE;
const WRITE_BYTES_PER_SEC = 100e6;
const RESULTS = new URL('../../../bench/results/', import.meta.url);

/** Writes of 64 to 256 KiB by two connections, at most 100 MB/s together, over a quarter of the image. */
const WORKLOAD: Workload = {
  seed: 1,
  writers: 2,
  rateBytesPerSec: WRITE_BYTES_PER_SEC,
  shortestWriteBytes: 64 * 1024,
};

const mixed = (path: string): void => makeMixedImage(path, GIBIBYTE);
const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    pauses: { type: 'string', default: '20' },
    only: { type: 'string', default: 'throughput,pause,memory' },
  },
});

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

interface Side {
  readonly megabytesPerSec: number;
  readonly cpuSecondsPerGib: number;
}

function sideOf(costs: readonly CopyCost[]): Side {
  return {
    megabytesPerSec: median(costs.map(({ seconds }) => GIBIBYTE / 1e6 / seconds)),
    cpuSecondsPerGib: median(costs.map(({ cpuSeconds }) => cpuSeconds)),
  };
}

async function peerOnce(busy: boolean): Promise<CopyCost> {
  const stage = new Stage();
  try {
    const source = stage.path('disk.raw');
    mixed(source);
    const writer = busy ? writeBeside(source, WRITE_BYTES_PER_SEC) : undefined;
    try {
      return await copyWithPeer(source, stage.path('copy.raw'), GIBIBYTE);
    } finally {
      await writer?.stop();
    }
  } finally {
    await stage.close();
  }
}

/** Alternates with the peer, so that whatever else the machine does hits both. */
async function throughput(runs: number, busy: boolean): Promise<{ godwit: MoveCost[]; peer: CopyCost[] }> {
  const godwit: MoveCost[] = [];
  const peer: CopyCost[] = [];
  const workload = { ...WORKLOAD, workingSetBytes: GIBIBYTE / 4 };
  for (let run = 0; run < runs; run++) {
    godwit.push(await moveOnce(mixed, GIBIBYTE, busy ? workload : undefined));
    peer.push(await peerOnce(busy));
  }
  return { godwit, peer };
}

async function reportThroughput(runs: number): Promise<object> {
  const results: Record<string, object> = {};
  for (const busy of [false, true]) {
    const { godwit, peer } = await throughput(runs, busy);
    const [ours, theirs] = [sideOf(godwit), sideOf(peer)];
    say(
      `\n1 GiB mixed, ${busy ? 'written to at 100 MB/s' : 'idle'}, median of ${runs}, verified in full (the peer is not)`,
    );
    const rows: (string | number)[][] = [
      ['', 'MB/s', 'CPU s/GiB'],
      ['godwit', ours.megabytesPerSec, ours.cpuSecondsPerGib],
    ];
    rows.push(['nbdcopy -> nbdkit', theirs.megabytesPerSec, theirs.cpuSecondsPerGib]);
    const cpuRatio = ours.cpuSecondsPerGib / theirs.cpuSecondsPerGib;
    rows.push(['ratio', ours.megabytesPerSec / theirs.megabytesPerSec, cpuRatio]);
    say(table(rows));
    const delays = godwit.map(({ eventLoopP99Ms }) => eventLoopP99Ms);
    const sourceMs = worst(delays.map(({ source }) => source));
    const destinationMs = worst(delays.map(({ destination }) => destination));
    say(
      `event-loop delay p99, worst run: source ${sourceMs.toFixed(1)} ms, destination ${destinationMs.toFixed(1)} ms`,
    );
    results[busy ? 'busy' : 'idle'] = { godwit, peer };
  }
  return results;
}

async function reportPause(count: number): Promise<object> {
  const moves: MoveCost[] = [];
  const make = (path: string): void => makeMixedImage(path, PAUSE_IMAGE_BYTES);
  for (let index = 0; index < count; index++) {
    moves.push(
      await moveOnce(make, PAUSE_IMAGE_BYTES, { ...WORKLOAD, seed: index + 1, workingSetBytes: 64 * MEBIBYTE }),
    );
  }
  const felt = moves.map(({ pauseFeltMs }) => pauseFeltMs ?? Number.NaN);
  const parts: readonly (keyof Downtime)[] = [
    'totalMs',
    'drainMs',
    'finalRoundMs',
    'verifyMs',
    'persistMs',
    'takeoverMs',
  ];
  say(`\npause of ${count} migrations under writes of 100 MB/s, ms`);
  const rows: (string | number)[][] = [
    ['', 'median', 'worst'],
    ['felt by a writer', median(felt), worst(felt)],
  ];
  for (const part of parts) {
    const measured = moves.map(({ view }) => view.downtime?.[part] ?? Number.NaN);
    rows.push([`reported ${part}`, median(measured), worst(measured)]);
  }
  say(table(rows));
  return { moves };
}

async function reportMemory(): Promise<object> {
  const move = await moveOnce((path) => makeSparseImage(path, 1024 * GIBIBYTE, 64 * MEBIBYTE), 1024 * GIBIBYTE);
  const { source, destination } = move.peakMebibytes;
  say('\n1 TiB sparse with 64 MiB of data');
  say(
    table([
      ['', 'source', 'destination'],
      ['largest resident set, MiB', source, destination],
    ]),
  );
  say(`took ${move.seconds.toFixed(1)} s`);
  return { move };
}

const wanted = new Set(values.only.split(','));
const machine = { node: process.version, processors: cpus().length, model: cpus()[0]?.model ?? 'unknown' };
say(`${machine.processors} x ${machine.model}, node ${machine.node}`);
const results: Record<string, object> = { machine };
if (wanted.has('throughput')) results['throughput'] = await reportThroughput(Number(values.runs));
if (wanted.has('pause')) results['pause'] = await reportPause(Number(values.pauses));
if (wanted.has('memory')) results['memory'] = await reportMemory();
mkdirSync(RESULTS, { recursive: true });
const file = new URL(`spine-${new Date().toISOString().replaceAll(':', '-')}.json`, RESULTS);
rmSync(file, { force: true });
writeFileSync(file, JSON.stringify(results, null, 2));
say(`\nraw values: ${file.pathname}`);
