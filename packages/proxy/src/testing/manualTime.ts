import type { Time } from '../time/time.js';

interface Alarm {
  readonly atMs: number;
  readonly callback: () => void;
}

/** Time that stands still until a test moves it. */
export class ManualTime implements Time {
  #nowMs = 0;
  readonly #alarms = new Set<Alarm>();
  #onAlarm: (() => void) | undefined;

  now(): number {
    return this.#nowMs;
  }

  after(ms: number, callback: () => void): () => void {
    const alarm = { atMs: this.#nowMs + ms, callback };
    this.#alarms.add(alarm);
    this.#onAlarm?.();
    return () => this.#alarms.delete(alarm);
  }

  /** Milliseconds until each alarm that is set, soonest first. */
  get pending(): number[] {
    return [...this.#alarms].map((alarm) => alarm.atMs - this.#nowMs).sort((a, b) => a - b);
  }

  /** Resolves when an alarm of that many milliseconds is set. */
  async untilPending(ms: number): Promise<void> {
    while (!this.pending.includes(ms)) {
      await new Promise<void>((resolve) => {
        this.#onAlarm = resolve;
      });
    }
  }

  /** Moves on, ringing what comes due in its order. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      const due = [...this.#alarms].filter((alarm) => alarm.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (due === undefined) break;
      this.#alarms.delete(due);
      this.#nowMs = due.atMs;
      due.callback();
    }
    this.#nowMs = untilMs;
  }
}
