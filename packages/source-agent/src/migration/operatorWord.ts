import { setTimeout as wait } from 'node:timers/promises';
import type { ForcedOwner } from '@godwit/agent';

/** What an operator says while nobody knows who owns: ask now, or whom to believe. */
export class OperatorWord {
  #forced: ForcedOwner | undefined;
  #spoken = new AbortController();

  get forced(): ForcedOwner | undefined {
    return this.#forced;
  }

  /** Aborted when the operator speaks; another one afterwards. */
  get signal(): AbortSignal {
    return this.#spoken.signal;
  }

  /** Asks at once instead of after the back-off. */
  askNow(): void {
    const spoken = this.#spoken;
    this.#spoken = new AbortController();
    spoken.abort();
  }

  force(owner: ForcedOwner): void {
    this.#forced = owner;
    this.askNow();
  }

  /** Waits so long, or until the operator speaks. Rejects with the reason of `signal`. */
  async wait(delayMs: number, signal: AbortSignal): Promise<void> {
    try {
      await wait(delayMs, undefined, { signal: AbortSignal.any([signal, this.signal]) });
    } catch {
      signal.throwIfAborted();
    }
  }
}
