import type { Time } from '../time/time.js';

/** Requests that an owner holds for a switch are answered far sooner; a host without power never answers. */
export const SILENCE_MS = 5_000;

/** What is watched. */
export interface Watched {
  readonly inFlight: number;
  /** Answers so far. */
  readonly answered: number;
}

/**
 * Notices that a connection with requests in flight has not answered any for 5 s. TCP alone takes a quarter
 * of an hour to notice that a host has lost its power.
 */
export class SilenceWatch {
  readonly #time: Time;
  readonly #watched: Watched;
  readonly #onSilence: () => void;
  #answeredBefore = 0;
  #cancel: (() => void) | undefined;

  constructor(time: Time, watched: Watched, onSilence: () => void) {
    this.#time = time;
    this.#watched = watched;
    this.#onSilence = onSilence;
  }

  /** A request has been sent: watch, unless it is being done. */
  start(): void {
    if (this.#cancel !== undefined) return;
    this.#answeredBefore = this.#watched.answered;
    this.#cancel = this.#time.after(SILENCE_MS, () => this.#look());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #look(): void {
    this.#cancel = undefined;
    const silent = this.#watched.inFlight > 0 && this.#watched.answered === this.#answeredBefore;
    if (this.#watched.inFlight > 0) this.start();
    if (silent) this.#onSilence();
  }
}
