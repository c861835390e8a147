/** Several servers under the same load in alternation, so that whatever else the machine does hits all of them. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage } from '../harness/stage.js';
import { Fio, type FioJob, type FioRun } from './nbdFio.js';
import type { NbdUnderTest } from './nbdServers.js';
import { cpuSecondsOf } from './processCost.js';
import { median } from './statistics.js';

/** Before what counts: a server's code is compiled for this load, its buffers exist. */
const WARM_UP_SECONDS = 1;
const GIBIBYTE = 1024 ** 3;

/** A run and what it cost the server. */
export interface CostedRun extends FioRun {
  readonly cpuSecondsPerGib: number;
  readonly cpuSecondsPer100kRequests: number;
}

/** All runs of one server under one load. */
export interface ServerRuns {
  readonly name: string;
  readonly runs: readonly CostedRun[];
}

/** `runs` rounds of every server, the order turned by one each round, after one round that does not count. */
export async function alternately(
  stage: Stage,
  servers: readonly NbdUnderTest[],
  job: FioJob,
  runs: number,
): Promise<ServerRuns[]> {
  const kept = new Map<string, CostedRun[]>(servers.map(({ name }) => [name, []]));
  for (const server of servers) await costed(stage, server, { ...job, seconds: WARM_UP_SECONDS });
  for (let round = 0; round < runs; round++) {
    const turn = round % servers.length;
    for (const server of [...servers.slice(turn), ...servers.slice(0, turn)]) {
      kept.get(server.name)?.push(await costed(stage, server, job));
    }
  }
  return [...kept].map(([name, list]) => ({ name, runs: list }));
}

async function costed(stage: Stage, server: NbdUnderTest, job: FioJob): Promise<CostedRun> {
  const before = cpuSecondsOf(server.pid);
  const run = await new Fio(mkdtempSync(join(stage.directory, 'fio-')), 'load', server.uri, job).result();
  const cpuSeconds = cpuSecondsOf(server.pid) - before;
  return {
    ...run,
    cpuSecondsPerGib: (cpuSeconds / run.bytes) * GIBIBYTE,
    cpuSecondsPer100kRequests: (cpuSeconds / run.requests) * 100_000,
  };
}

/** The median of one of a run's numbers. */
export function middle({ runs }: ServerRuns, value: (run: CostedRun) => number): number {
  return median(runs.map(value));
}

/** Lowest and highest of one of a run's numbers. */
export function spread({ runs }: ServerRuns, value: (run: CostedRun) => number): string {
  const values = runs.map(value);
  return `${Math.min(...values).toFixed(0)}-${Math.max(...values).toFixed(0)}`;
}

/**
 * The median of the ratios of runs that were neighbours: what the machine did to both drops out, which
 * the ratio of two medians does not see.
 */
export function pairedRatio(left: ServerRuns, right: ServerRuns, value: (run: CostedRun) => number): number {
  return median(
    left.runs.map((run, index) => {
      const other = right.runs[index];
      return other === undefined ? Number.NaN : value(run) / value(other);
    }),
  );
}
