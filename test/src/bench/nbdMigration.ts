/** What fio's writes feel of a migration: directly at the agents, and through the endpoint that follows. */

import { until } from '../harness/condition.js';
import { GODWIT } from '../harness/daemonProcess.js';
import { ForeignDaemon } from '../harness/foreignDaemon.js';
import { makeMixedImage } from '../harness/imageFiles.js';
import { isTerminal, type MigrationView } from '../harness/migrationView.js';
import { DISK } from '../harness/pair.js';
import type { RunningDaemon } from '../harness/runningDaemon.js';
import { Stage } from '../harness/stage.js';
import { Fio, type FioJob, type FioRequest } from './nbdFio.js';
import { unixUri } from './nbdServers.js';
import { table } from './statistics.js';

const MEBIBYTE = 1024 ** 2;
const IMAGE_BYTES = 1024 * MEBIBYTE;
/** How long fio runs at the most; it is stopped when all phases were seen. */
const PATIENCE_SECONDS = 120;
/** Writes of 64 KiB at 100 MB/s over a sixteenth of the image, as the spine's. */
const JOB: FioJob = {
  rw: 'randwrite',
  blockBytes: 64 * 1024,
  spanBytes: 64 * MEBIBYTE,
  rate: 1500,
  seconds: PATIENCE_SECONDS,
  keepRequests: true,
};

/** Tests are less patient than an operator's agents, and a machine under load is no lost peer. */
const PATIENT = ['--peer-timeout', '30s'];

/** The latencies of a phase, ms. */
type Phase = number[];

/** What one migration showed. */
interface Switch {
  readonly before: Phase;
  readonly during: Phase;
  readonly after: Phase;
  readonly longestMs: number;
  readonly pauseMs: number;
}

interface Agents {
  readonly stage: Stage;
  readonly source: RunningDaemon;
  readonly destination: RunningDaemon;
  readonly sourceSocket: string;
  readonly destinationSocket: string;
}

/** Prints latencies before, during and after `runs` migrations of each kind; answers them. */
export async function reportMigration(runs: number, seconds: number, say: (line: string) => void): Promise<object> {
  const followed: Switch[] = [];
  const direct: Switch[] = [];
  for (let run = 0; run < runs; run++) {
    followed.push(await withAgents((agents) => moveFollowed(agents, seconds)));
    direct.push(await withAgents((agents) => moveDirect(agents, seconds)));
  }
  say(`\nlatency of writes of 64 KiB, 1500 a second, around ${runs} migrations, ms`);
  const rows: (string | number)[][] = [['', 'requests', 'p50', 'p99', 'max']];
  for (const [name, moves] of [
    ['at the agents', direct],
    ['through godwit proxy', followed],
  ] as const) {
    for (const phase of ['before', 'during', 'after'] as const) {
      const latencies = moves.flatMap((move) => move[phase]).sort((left, right) => left - right);
      rows.push([
        `${name}, ${phase}`,
        String(latencies.length),
        ...[0.5, 0.99, 1].map((at) => percentile(latencies, at)),
      ]);
    }
  }
  say(table(rows));
  say('\nthe switch through the proxy, each migration, ms');
  const pauses = followed.map(({ longestMs, pauseMs }, index) => [`${index + 1}`, longestMs, pauseMs]);
  say(table([['', 'longest request', 'pause reported'], ...pauses]));
  return { direct: direct.map(summary), followed: followed.map(summary) };
}

async function withAgents<Result>(use: (agents: Agents) => Promise<Result>): Promise<Result> {
  const stage = new Stage();
  try {
    const path = stage.path('disk.raw');
    makeMixedImage(path, IMAGE_BYTES);
    const [sourceSocket, destinationSocket] = [stage.path('source.sock'), stage.path('destination.sock')];
    const [source, destination] = await Promise.all([
      stage.source({ images: { [DISK]: path }, args: ['--nbd-unix', sourceSocket, ...PATIENT] }),
      stage.destination({ args: ['--nbd-unix', destinationSocket, ...PATIENT] }),
    ]);
    return await use({ stage, source, destination, sourceSocket, destinationSocket });
  } catch (error) {
    throw new Error(`a move failed:\n${stage.output()}`, { cause: error });
  } finally {
    await stage.close();
  }
}

/** One fio that never notices but for one slow request. */
async function moveFollowed(agents: Agents, seconds: number): Promise<Switch> {
  const { stage, source, destination, sourceSocket, destinationSocket } = agents;
  const path = stage.path('proxy.sock');
  const to = `unix:${sourceSocket},unix:${destinationSocket}`;
  const proxy = new ForeignDaemon(stage, process.execPath, [GODWIT, 'proxy', '--listen', `unix:${path}`, '--to', to]);
  await proxy.answering({ path });
  const fio = new Fio(stage.directory, 'followed', unixUri(path, DISK), JOB);
  await passing(seconds);
  const startMs = Date.now();
  const id = await source.api.startMigration({ images: [DISK], destination: destination.address });
  const view = await ended(source, id);
  const endMs = Date.now();
  await passing(seconds);
  fio.stop();
  await fio.result();
  const phases = split(fio.requests(), startMs, endMs);
  return { ...phases, longestMs: Math.max(...phases.during, ...phases.after), pauseMs: pauseOf(view) };
}

/** fio at the source until just before the switch, and another one at the destination after it. */
async function moveDirect(agents: Agents, seconds: number): Promise<Switch> {
  const { stage, source, destination, sourceSocket, destinationSocket } = agents;
  const first = new Fio(stage.directory, 'source', unixUri(sourceSocket, DISK), JOB);
  await passing(seconds);
  const startMs = Date.now();
  const id = await source.api.startMigration({ images: [DISK], destination: destination.address, cutover: 'manual' });
  await until('the migration to be ready', async () => {
    const { state, error } = await source.api.migration(id);
    if (isTerminal(state)) throw new Error(`migration ${state}: ${JSON.stringify(error)}`);
    return state === 'pre-switchover';
  });
  first.stop();
  await first.result();
  await source.api.cutover(id);
  const view = await ended(source, id);
  const second = new Fio(stage.directory, 'destination', unixUri(destinationSocket, DISK), { ...JOB, seconds });
  await second.result();
  const { before, during } = split(first.requests(), startMs, Number.POSITIVE_INFINITY);
  const after = second.requests().map(({ latencyMs }) => latencyMs);
  return { before, during, after, longestMs: Math.max(...during), pauseMs: pauseOf(view) };
}

async function ended(source: RunningDaemon, id: string): Promise<MigrationView> {
  const view = await until('the migration to end', async () => {
    const now = await source.api.migration(id);
    return isTerminal(now.state) ? now : undefined;
  });
  if (view.state !== 'completed') throw new Error(`migration ${view.state}: ${JSON.stringify(view.error)}`);
  return view;
}

function pauseOf(view: MigrationView): number {
  return view.downtime?.totalMs ?? Number.NaN;
}

/** A request belongs to the migration when any of its time does. */
function split(
  requests: readonly FioRequest[],
  startMs: number,
  endMs: number,
): Record<'before' | 'during' | 'after', Phase> {
  const phases: Record<'before' | 'during' | 'after', Phase> = { before: [], during: [], after: [] };
  for (const { answeredAtMs, latencyMs } of requests) {
    const phase = answeredAtMs < startMs ? 'before' : answeredAtMs - latencyMs > endMs ? 'after' : 'during';
    phases[phase].push(latencyMs);
  }
  return phases;
}

/** The duration of a phase is what is measured here, not waited for. */
function passing(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000));
}

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

function summary({ before, during, after, longestMs, pauseMs }: Switch): object {
  const of = (phase: Phase): object => {
    const sorted = [...phase].sort((left, right) => left - right);
    return { requests: sorted.length, p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), max: sorted.at(-1) };
  };
  return { before: of(before), during: of(during), after: of(after), longestMs, pauseMs };
}
