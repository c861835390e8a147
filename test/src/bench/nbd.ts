/**
 * NBD beside qemu-nbd, the cost of tracking, and the latency of writes around a migration:
 * `node bench/nbd.mjs [--runs N] [--seconds S] [--only fio,tracking,migration] [--peers threads,io_uring]
 * [--loads "4k randwrite,1M read"] [--json FILE]`. Prints tables; the raw values go to FILE.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { LOADS, reportComparison } from './nbdComparison.js';
import { reportMigration } from './nbdMigration.js';
import type { QemuAio } from './nbdServers.js';
import { reportTracking } from './nbdTracking.js';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    only: { type: 'string', default: 'fio,tracking,migration' },
    // `threads` is what qemu-nbd does unasked, `io_uring` the faster one: a goal is met beside both or it is not met.
    peers: { type: 'string', default: 'threads,io_uring' },
    loads: { type: 'string', default: LOADS.map(({ name }) => name).join(',') },
    json: { type: 'string' },
  },
});

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function peersOf(text: string): QemuAio[] {
  return text.split(',').map((name) => {
    if (name !== 'threads' && name !== 'io_uring') throw new Error(`--peers: threads or io_uring, not ${name}`);
    return name;
  });
}

const wanted = new Set(values.only.split(','));
const [runs, seconds] = [Number(values.runs), Number(values.seconds)];
const loads = LOADS.filter(({ name }) => values.loads.split(',').includes(name));
const machine = { node: process.version, processors: cpus().length, model: cpus()[0]?.model ?? 'unknown' };
say(`${machine.processors} x ${machine.model}, node ${machine.node}`);
const results: Record<string, object> = { machine };
if (wanted.has('fio')) {
  results['fio'] = await reportComparison({ runs, seconds, peers: peersOf(values.peers), loads }, say);
}
if (wanted.has('tracking')) results['tracking'] = await reportTracking(runs, seconds, say);
if (wanted.has('migration')) results['migration'] = await reportMigration(runs, seconds, say);
if (values.json !== undefined) writeFileSync(values.json, JSON.stringify(results, null, 2));
