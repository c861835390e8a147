import { readFileSync } from 'node:fs';

/** USER_HZ of every Linux that Node runs on. */
const TICK_MS = 10;
/** Fields of the first line of /proc/stat behind its name (proc(5)). */
const IDLE = 3;
const IOWAIT = 4;

/** How much of this host's processors has nothing to do, waiting for disks included. */
export class IdleProcessors {
  readonly #read: () => string;
  readonly #now: () => number;
  #idleMs: number;
  #sinceMs: number;

  /** `read` gives what stands in /proc/stat; `now` milliseconds, rising. */
  constructor(read: () => string = () => readFileSync('/proc/stat', 'latin1'), now = () => performance.now()) {
    this.#read = read;
    this.#now = now;
    this.#idleMs = this.#idle();
    this.#sinceMs = now();
  }

  /** Processors at rest since the last call, on average; infinitely many where that cannot be known. */
  sample(): number {
    const now = this.#now();
    const idleMs = this.#idle();
    const tookMs = now - this.#sinceMs;
    // Counters of processors that go offline may step back.
    const processors = tookMs > 0 ? Math.max(0, (idleMs - this.#idleMs) / tookMs) : 0;
    this.#idleMs = idleMs;
    this.#sinceMs = now;
    return Number.isNaN(processors) ? Number.POSITIVE_INFINITY : processors;
  }

  #idle(): number {
    try {
      const line = this.#read();
      const fields = line.slice(0, line.indexOf('\n')).split(/ +/).slice(1);
      return (Number(fields[IDLE]) + Number(fields[IOWAIT])) * TICK_MS;
    } catch {
      // No /proc, or hidden: nobody knows.
      return Number.NaN;
    }
  }
}
