import type { AnsweredRequest } from '../export.js';

type Observe = (request: AnsweredRequest) => void;

/** Tells of answered requests, once their replies are with the socket, with one look at the clock for all of a batch. */
export class Observer {
  readonly #observe: Observe | undefined;
  readonly #kinds: AnsweredRequest['kind'][] = [];
  /** Bytes, errno and start (performance.now()) of each. */
  readonly #numbers: number[] = [];

  constructor(observe: Observe | undefined) {
    this.#observe = observe;
  }

  answered(kind: AnsweredRequest['kind'], bytes: number, error: number, startedAt: number): void {
    if (this.#observe === undefined) return;
    this.#kinds.push(kind);
    this.#numbers.push(bytes, error, startedAt);
  }

  report(): void {
    if (this.#kinds.length === 0) return;
    const now = performance.now();
    let at = 0;
    for (const kind of this.#kinds) {
      const bytes = this.#numbers[at] ?? 0;
      const error = this.#numbers[at + 1] ?? 0;
      this.#observe?.({ kind, bytes, durationMs: now - (this.#numbers[at + 2] ?? now), error });
      at += 3;
    }
    this.#kinds.length = 0;
    this.#numbers.length = 0;
  }
}
