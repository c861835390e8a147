import { type ForeignOptions, runWell } from '../harness/foreignCommand.js';
import { hasFields, listOf, parseJson } from '../harness/jsonGuards.js';

export interface FioWork extends ForeignOptions {
  /** What to write: --rw, --bs, --iodepth and the like. */
  readonly args: readonly string[];
  /** Of each job. */
  readonly sizeBytes: number;
  /** Processes, each with a connection and a stretch of its own. */
  readonly jobs?: number;
  /** Where the first job's stretch begins. */
  readonly offsetBytes?: number;
}

/** What fio reports of all its jobs together. */
export interface FioReport {
  readonly jobs: number;
  readonly writtenBytes: number;
  /** Read back and found to be what was written. */
  readonly verifiedBytes: number;
  readonly errors: number;
}

interface Direction {
  readonly io_bytes: number;
}

interface FioJob {
  readonly error: number;
  readonly read: Direction;
  readonly write: Direction;
}

/** Writes through an export and reads all of it back with checksums; fails when fio does. */
export async function fioVerify(uri: string, work: FioWork): Promise<FioReport> {
  return reportOf(await runWell('fio', fioArguments(uri, work), work));
}

/** The same as arguments, for a fio that is to be killed or to run beside something. */
export function fioArguments(uri: string, { args, sizeBytes, jobs = 1, offsetBytes = 0 }: FioWork): string[] {
  const stretches = [`--size=${sizeBytes}`, `--offset=${offsetBytes}`, `--offset_increment=${sizeBytes}`];
  return [
    '--name=verify',
    '--ioengine=nbd',
    `--uri=${uri}`,
    `--numjobs=${jobs}`,
    ...stretches,
    '--verify=xxhash',
    '--do_verify=1',
    '--verify_fatal=1',
    // It would leave a file for each job in the folder where it runs.
    '--verify_state_save=0',
    '--output-format=json',
    ...args,
  ];
}

/** The sum over fio's jobs; what it prints in front of its JSON is left out. */
export function reportOf(output: string): FioReport {
  const report = parseJson(output.slice(output.indexOf('{')));
  if (!hasReport(report)) throw new Error(`fio reported nothing: ${output}`);
  const jobs = listOf(report.jobs, isJob, 'jobs');
  const sum = (value: (job: FioJob) => number): number => jobs.reduce((total, job) => total + value(job), 0);
  return {
    jobs: jobs.length,
    writtenBytes: sum((job) => job.write.io_bytes),
    verifiedBytes: sum((job) => job.read.io_bytes),
    errors: sum((job) => job.error),
  };
}

function hasReport(value: unknown): value is { readonly jobs: unknown } {
  return hasFields(value, { jobs: 'object' }, "fio's report");
}

function isJob(value: unknown): value is FioJob {
  return hasFields(value, { error: 'number', read: 'object', write: 'object' }, 'a job of fio');
}
