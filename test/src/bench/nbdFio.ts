/** fio's own NBD client, run for a while against one export, and what it says that it saw. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseJson } from '../harness/jsonGuards.js';

/** Requests in flight; issue and goal speak of this depth. */
const DEPTH = 64;
/** A run that has not ended so long after its time is lost: fio turns in circles when its connection ends. */
const GRACE_MS = 20_000;
/** What fio answers when a signal ended it in order. */
const INTERRUPTED = 128;

/** What fio is to do. */
export interface FioJob {
  readonly rw: 'randwrite' | 'randread' | 'write' | 'read';
  readonly blockBytes: number;
  /** Stretch of the export that is used, bytes. */
  readonly spanBytes: number;
  readonly seconds: number;
  /** Requests a second at most. */
  readonly rate?: number;
  /** Keeps place and latency of each request, for `requestsOf`. */
  readonly keepRequests?: boolean;
  /** Where it writes, as fio's --random_distribution; everywhere alike unless told. */
  readonly distribution?: string;
}

/** What one run showed. */
export interface FioRun {
  readonly requestsPerSec: number;
  readonly megabytesPerSec: number;
  readonly requests: number;
  readonly bytes: number;
  readonly latencyMs: { readonly p50: number; readonly p99: number; readonly max: number };
}

/** One request as fio saw it; from when it was started on to its answer. */
export interface FioRequest {
  /** Milliseconds since 1970. */
  readonly answeredAtMs: number;
  readonly latencyMs: number;
  /** Bytes from the start of the export. */
  readonly offset: number;
}

/** A running fio. Its files go to `directory`, their names begin with `name`. */
export class Fio {
  readonly #job: FioJob;
  readonly #child: ChildProcess;
  readonly #ended: Promise<number>;
  readonly #output: string;
  readonly #log: string;
  readonly #impatience: NodeJS.Timeout;
  #said = '';

  constructor(directory: string, name: string, uri: string, job: FioJob) {
    this.#job = job;
    this.#output = join(directory, `${name}.json`);
    this.#log = join(directory, name);
    // With --thread there is no child that outlives fio when that is killed.
    const args = ['--thread', `--name=${name}`, '--ioengine=nbd', `--uri=${uri}`, ...jobArguments(job)];
    if (job.keepRequests === true) args.push(`--write_lat_log=${this.#log}`, '--log_unix_epoch=1', '--log_offset=1');
    args.push('--output-format=json', `--output=${this.#output}`);
    this.#child = spawn('fio', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child.stderr?.on('data', (part: Buffer) => {
      if (this.#said.length < 4096) this.#said += part.toString('utf8');
    });
    this.#impatience = setTimeout(() => this.#child.kill('SIGKILL'), job.seconds * 1000 + GRACE_MS);
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code) => resolve(code ?? -1));
    });
  }

  /** Ends it before its time, in order. */
  stop(): void {
    this.#child.kill('SIGINT');
  }

  /** Ends it at once; when this resolves it writes no more. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    clearTimeout(this.#impatience);
    await this.#ended.catch(() => undefined);
  }

  /** Waits for its end. Fails with what it said when a request failed. */
  async result(): Promise<FioRun> {
    const code = await this.#ended;
    clearTimeout(this.#impatience);
    if (code !== 0 && code !== INTERRUPTED) throw new Error(`fio ended with ${code}: ${this.#said}`);
    return runOf(readFileSync(this.#output, 'utf8'), this.#job.rw.endsWith('read') ? 'read' : 'write');
  }

  /** Every request in the order of the answers, once it has ended; empty where they were not kept. */
  requests(): FioRequest[] {
    if (this.#job.keepRequests !== true) return [];
    return requestsOf(readFileSync(`${this.#log}_lat.1.log`, 'utf8'));
  }
}

/** Lines of a latency log: milliseconds, nanoseconds, direction, bytes, offset. */
function requestsOf(log: string): FioRequest[] {
  const lines = log.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [atMs = Number.NaN, nanoseconds = Number.NaN, , , offset = Number.NaN] = line.split(',').map(Number);
    return { answeredAtMs: atMs, latencyMs: nanoseconds / 1e6, offset };
  });
}

function jobArguments({ rw, blockBytes, spanBytes, seconds, rate, distribution }: FioJob): string[] {
  const args = [`--rw=${rw}`, `--bs=${blockBytes}`, `--iodepth=${DEPTH}`, `--size=${spanBytes}`];
  // Every run its own places; fio's map of places visited costs time that is none of the server's.
  args.push('--norandommap', '--randrepeat=0', '--lat_percentiles=1', '--time_based', `--runtime=${seconds}`);
  if (distribution !== undefined) args.push(`--random_distribution=${distribution}`);
  return rate === undefined ? args : [...args, `--rate_iops=${rate}`];
}

function runOf(json: string, direction: 'read' | 'write'): FioRun {
  // What fio has to say about signals stands in front.
  const side = at(parseJson(json.slice(json.indexOf('{'))), 'jobs', 0, direction);
  const milliseconds = (...path: (string | number)[]): number => numberAt(side, 'lat_ns', ...path) / 1e6;
  return {
    requestsPerSec: numberAt(side, 'iops'),
    megabytesPerSec: numberAt(side, 'bw_bytes') / 1e6,
    requests: numberAt(side, 'total_ios'),
    bytes: numberAt(side, 'io_bytes'),
    latencyMs: {
      p50: milliseconds('percentile', '50.000000'),
      p99: milliseconds('percentile', '99.000000'),
      max: milliseconds('max'),
    },
  };
}

function at(value: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((inner, key) => {
    return typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined;
  }, value);
}

function numberAt(value: unknown, ...path: readonly (string | number)[]): number {
  const found = at(value, ...path);
  if (typeof found !== 'number') throw new Error(`fio said no number for ${path.join('.')}`);
  return found;
}
