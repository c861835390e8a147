import { cpus } from 'node:os';

/** How much of this host's processors has nothing to do. */
export class IdleProcessors {
  #last = idleMs();
  #sinceMs = performance.now();

  /** Processors at rest since the last call, on average: 0 to as many as there are. */
  sample(): number {
    const now = performance.now();
    const idle = idleMs();
    const tookMs = now - this.#sinceMs;
    const processors = tookMs > 0 ? (idle - this.#last) / tookMs : 0;
    this.#last = idle;
    this.#sinceMs = now;
    return processors;
  }
}

function idleMs(): number {
  return cpus().reduce((sum, { times }) => sum + times.idle, 0);
}
