import { copyFileSync } from 'node:fs';
import { makeRandomImage } from '../harness/imageFiles.js';
import { Stage } from '../harness/stage.js';
import type { FioJob } from './nbdFio.js';
import { alternately, type CostedRun, middle, pairedRatio, type ServerRuns, spread } from './nbdRounds.js';
import { godwitServer, type QemuAio, qemuServer } from './nbdServers.js';
import { table } from './statistics.js';

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;
/** Every page of it is there before the first run: tmpfs would pay for new ones in whichever run writes first. */
const IMAGE_BYTES = 1024 * MEBIBYTE;

/** A load of the issue and what is wanted of it beside qemu-nbd. */
export interface Load {
  readonly name: string;
  readonly rw: FioJob['rw'];
  readonly blockBytes: number;
  readonly goal: number;
}

const WRITE_GOAL = 1;
const READ_GOAL = 0.8;
export const LOADS: readonly Load[] = [
  { name: '4k randwrite', rw: 'randwrite', blockBytes: 4 * KIBIBYTE, goal: WRITE_GOAL },
  { name: '4k randread', rw: 'randread', blockBytes: 4 * KIBIBYTE, goal: READ_GOAL },
  { name: '64k write', rw: 'write', blockBytes: 64 * KIBIBYTE, goal: WRITE_GOAL },
  { name: '64k read', rw: 'read', blockBytes: 64 * KIBIBYTE, goal: READ_GOAL },
  { name: '1M write', rw: 'write', blockBytes: MEBIBYTE, goal: WRITE_GOAL },
  { name: '1M read', rw: 'read', blockBytes: MEBIBYTE, goal: READ_GOAL },
];

export interface ComparisonPlan {
  readonly runs: number;
  readonly seconds: number;
  readonly peers: readonly QemuAio[];
  readonly loads: readonly Load[];
}

/** Prints godwit beside qemu-nbd under each load; answers every run. */
export async function reportComparison(plan: ComparisonPlan, say: (line: string) => void): Promise<object> {
  const stage = new Stage();
  try {
    const [own = '', ...others] = ['godwit', ...plan.peers].map((name) => stage.path(`${name}.raw`));
    makeRandomImage(own, IMAGE_BYTES);
    for (const other of others) copyFileSync(own, other);
    const godwit = await godwitServer(stage, own);
    const peers = await Promise.all(plan.peers.map((aio, index) => qemuServer(stage, others[index] ?? '', aio)));
    const results: Record<string, readonly ServerRuns[]> = {};
    const rows: (string | number)[][] = [HEADINGS];
    for (const load of plan.loads) {
      const job = { rw: load.rw, blockBytes: load.blockBytes, spanBytes: IMAGE_BYTES, seconds: plan.seconds };
      const servers = await alternately(stage, [godwit, ...peers], job, plan.runs);
      results[load.name] = servers;
      rows.push(...rowsOf(load, servers));
    }
    say(`\nfio's nbd engine, unix socket, depth 64, 1 GiB on tmpfs, median of ${plan.runs} x ${plan.seconds} s`);
    say(table(rows));
    say('ratio: godwit to that server, median of neighbouring runs; CPU: the server alone');
    return results;
  } finally {
    await stage.close();
  }
}

const HEADINGS = [
  '',
  'server',
  'IOPS or MB/s',
  'lowest-highest',
  'ratio',
  'goal',
  'CPU s',
  'p50 ms',
  'p99 ms',
  'max ms',
];

function rowsOf(load: Load, servers: readonly ServerRuns[]): (string | number)[][] {
  const isSmall = load.blockBytes < 64 * KIBIBYTE;
  const speed = (run: CostedRun): number => (isSmall ? run.requestsPerSec : run.megabytesPerSec);
  const cpu = (run: CostedRun): number => (isSmall ? run.cpuSecondsPer100kRequests : run.cpuSecondsPerGib);
  const unit = isSmall ? '/100k' : '/GiB';
  const [own] = servers;
  return servers.map((server) => [
    server === own ? load.name : '',
    server.name,
    middle(server, speed),
    spread(server, speed),
    server === own || own === undefined ? '' : pairedRatio(own, server, speed),
    server === own ? '' : load.goal,
    `${middle(server, cpu).toFixed(2)}${unit}`,
    middle(server, ({ latencyMs }) => latencyMs.p50),
    middle(server, ({ latencyMs }) => latencyMs.p99),
    middle(server, ({ latencyMs }) => latencyMs.max),
  ]);
}
