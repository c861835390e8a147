/**
 * Back-to-back moves under writers between two agents that stay: `node bench/soak.mjs [--minutes N] [--size 64M]`.
 * Each is verified by its writers' log. Exit code 1 when memory, descriptors or threads of either agent grow;
 * what counts as growth: soakVerdict.ts.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseSize } from '../../../packages/agent/dist/index.js';
import { Stage } from '../harness/stage.js';
import { type Sample, Soak } from './soaking.js';
import { trendsOf } from './soakVerdict.js';
import { table } from './statistics.js';

const RESULTS = fileURLToPath(new URL('../../../bench/results/', import.meta.url));
const WRITE_BYTES_PER_SEC = 50e6;
const SHOW_EVERY = 20;

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '20' }, size: { type: 'string', default: '64M' } },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error(`--minutes: a number above 0, not ${values.minutes}`);

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function lineOf(number: number, { source, destination }: Sample): string {
  const held = [source, destination].map(
    ({ residentMebibytes, descriptors, imageDescriptors, threads }) =>
      `${residentMebibytes.toFixed(0)} MiB, ${descriptors}+${imageDescriptors} descriptors, ${threads} threads`,
  );
  return `move ${number}: source ${held[0]}; destination ${held[1]}`;
}

async function soak(stage: Stage): Promise<Sample[]> {
  const soaking = await Soak.start(stage, {
    imageBytes: parseSize(values.size, '--size'),
    writeBytesPerSec: WRITE_BYTES_PER_SEC,
  });
  const samples: Sample[] = [];
  const endMs = performance.now() + minutes * 60_000;
  while (performance.now() < endMs) {
    const sample = await soaking.move();
    samples.push(sample);
    if (samples.length % SHOW_EVERY === 1) say(lineOf(samples.length, sample));
  }
  return samples;
}

const stage = new Stage();
let samples: Sample[];
try {
  samples = await soak(stage);
} catch (error) {
  say(stage.output());
  throw error;
} finally {
  await stage.close();
}
const trends = trendsOf(samples);
say(`\n${samples.length} moves in ${minutes} minutes, each verified; medians of the first and the last quarter`);
say(
  table([
    ['', 'first', 'last', ''],
    ...trends.map(({ what, first, last, grows }) => [what, first, last, grows ? 'GROWS' : 'ok']),
  ]),
);
mkdirSync(RESULTS, { recursive: true });
const file = `${RESULTS}soak-${new Date().toISOString().replaceAll(':', '-')}.json`;
writeFileSync(file, JSON.stringify({ options: values, trends, samples }, null, 2));
say(file);
process.exitCode = trends.some(({ grows }) => grows) ? 1 : 0;
