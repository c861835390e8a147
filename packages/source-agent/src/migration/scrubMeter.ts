import type { Progress } from '@godwit/agent';

/** Progress of a pass of reading back, taken from the blocks that are still being checked. */
export class ScrubMeter {
  readonly #checkingBytes: () => number;
  readonly #now: () => number;
  #totalBytes = 0;
  #startedMs = 0;
  /** Set once the pass has ended. */
  #durationMs: number | undefined;

  constructor(checkingBytes: () => number, now = () => performance.now()) {
    this.#checkingBytes = checkingBytes;
    this.#now = now;
  }

  /** All that is marked as being checked is what this pass has to do. */
  begin(): void {
    this.#totalBytes = this.#checkingBytes();
    this.#startedMs = this.#now();
    this.#durationMs = undefined;
  }

  end(): void {
    this.#durationMs = this.#now() - this.#startedMs;
  }

  /** Nothing before the first pass. */
  progress(): Pick<Progress, 'scrub'> {
    if (this.#totalBytes === 0) return {};
    const ended = this.#durationMs !== undefined;
    const checkedBytes = ended ? this.#totalBytes : Math.max(0, this.#totalBytes - this.#checkingBytes());
    const seconds = (this.#durationMs ?? this.#now() - this.#startedMs) / 1000;
    const bytesPerSec = seconds > 0 ? Math.round(checkedBytes / seconds) : 0;
    return { scrub: { checkedBytes, totalBytes: this.#totalBytes, bytesPerSec } };
  }
}
