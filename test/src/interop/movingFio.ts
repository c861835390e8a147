import { expect } from 'vitest';
import type { ApiClient } from '../harness/apiClient.js';
import { until } from '../harness/condition.js';
import { run } from '../harness/foreignCommand.js';
import { hasFields, listOf, parseJson } from '../harness/jsonGuards.js';
import type { MigrationView } from '../harness/migrationView.js';
import { untilState } from '../harness/moving.js';
import { DISK } from '../harness/pair.js';
import { bytesWrittenTo } from './exportCounts.js';
import { type FioReport, type FioWork, fioArguments, reportOf } from './fio.js';
import { type MovingPair, requestOf } from './movingPair.js';
import type { NbdServer } from './nbdServer.js';

const MEBIBYTE = 1024 * 1024;

/** Connections, each with a fourth of the stretch. */
const JOBS = 4;
const JOB_BYTES = 8 * MEBIBYTE;
/** What all of them write. */
export const STRETCH_BYTES = JOBS * JOB_BYTES;

/**
 * Every block of the stretch once, at random, in pieces of 4 to 32 KiB with a checksum each; slow enough to
 * last for about four seconds. A given seed writes the same bytes wherever and however often.
 */
export function movingWork(seed: number, offsetBytes = 0): FioWork {
  return {
    offsetBytes,
    // The rate is of writes; what is read back in the end comes as fast as it can.
    args: ['--rw=randwrite', '--bsrange=4k-32k', '--iodepth=16', '--fsync=64', '--rate=,2m', `--randseed=${seed}`],
    sizeBytes: JOB_BYTES,
    jobs: JOBS,
  };
}

/** fio that has been started and writes. */
export class MovingFio {
  readonly report: Promise<FioReport & { readonly longestWriteMs: number }>;
  #hasEnded = false;

  constructor(uri: string, work: FioWork) {
    this.report = finished(uri, work).finally(() => {
      this.#hasEnded = true;
    });
    // Whoever waits for it in the end is told; until then it is nobody's unhandled rejection.
    this.report.catch(() => undefined);
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** This share of what it is to write was written to the agent. */
  async written(api: ApiClient, share: number): Promise<void> {
    const before = await bytesWrittenTo(api);
    await until(`fio to have written ${share} of its stretch`, async () => {
      if (this.#hasEnded) throw new Error(`fio ended before: ${JSON.stringify(await this.report)}`);
      return (await bytesWrittenTo(api)) - before > STRETCH_BYTES * share;
    });
  }
}

/** Reads what `work` wrote, wherever it is now, and fails when one checksum is not that of what was written. */
export async function fioVerifyOnly(uri: string, work: FioWork): Promise<FioReport> {
  return finished(uri, { ...work, args: [...work.args, '--verify_only=1'] });
}

async function finished(uri: string, work: FioWork): Promise<FioReport & { readonly longestWriteMs: number }> {
  const { code, stdout, stderr } = await run('fio', fioArguments(uri, work), work);
  if (code !== 0) throw new Error(`fio ended with ${code}:\n${stdout}\n${stderr}`);
  return { ...reportOf(stdout), longestWriteMs: longestWriteMsOf(stdout) };
}

/** From submission to completion, over all jobs. */
function longestWriteMsOf(output: string): number {
  const report = parseJson(output.slice(output.indexOf('{')));
  if (!hasJobs(report)) return 0;
  const longestNs = listOf(report.jobs, isTimed, 'jobs').map((job) => job.write.clat_ns.max);
  return Math.max(...longestNs) / 1e6;
}

function hasJobs(value: unknown): value is { readonly jobs: unknown } {
  return hasFields(value, { jobs: 'object' }, "fio's report");
}

interface Timed {
  readonly write: { readonly clat_ns: { readonly max: number } };
}

function isTimed(value: unknown): value is Timed {
  if (typeof value !== 'object' || value === null || !('write' in value)) return false;
  const { write } = value;
  if (typeof write !== 'object' || write === null || !('clat_ns' in write)) return false;
  return hasFields(write.clat_ns, { max: 'number' }, 'the latency of writes');
}

/**
 * Moves the pair's image under fio. Two of them, so that it does not matter how fast the machine is: the first
 * has begun when the migration does, the second, on a stretch of its own, when the switch may come.
 */
export async function moveUnderFio(uri: string, pair: MovingPair, seed: number): Promise<MovedUnderFio> {
  const { api } = pair.source;
  const works = [movingWork(seed), movingWork(seed + 1, STRETCH_BYTES)] as const;
  const first = new MovingFio(uri, works[0]);
  await first.written(api, 0.5);
  const id = await api.startMigration(requestOf(pair, { cutover: 'manual' }));
  await untilState(api, id, 'pre-switchover');
  const second = new MovingFio(uri, works[1]);
  await second.written(api, 0.1);
  await api.cutover(id);
  const view = await untilState(api, id, 'completed');
  return { view, works, fio: [first, second] };
}

export interface MovedUnderFio {
  readonly view: MigrationView;
  readonly works: readonly FioWork[];
  /** They may still write. */
  readonly fio: readonly MovingFio[];
}

/** Both have written all, read it back through where they wrote, and it is at the destination; the longest of their writes. */
export async function expectAllArrived({ fio, works }: MovedUnderFio, destination: NbdServer): Promise<number> {
  const reports = await Promise.all(fio.map(({ report }) => report));
  const proven = { jobs: JOBS, errors: 0, verifiedBytes: STRETCH_BYTES };
  for (const report of reports) expect(report).toMatchObject({ ...proven, writtenBytes: STRETCH_BYTES });
  for (const work of works) expect(await fioVerifyOnly(destination.uri(DISK), work)).toMatchObject(proven);
  expect(await bytesWrittenTo(destination.api)).toBeGreaterThan(0);
  return Math.max(...reports.map(({ longestWriteMs }) => longestWriteMs));
}
