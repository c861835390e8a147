import type { Logger } from '@godwit/agent';
import type { MigrationMeter } from './meter.js';

/** Nothing moved for so long is worth a line in the log; each line of one standstill comes after twice the time of the last. */
const FIRST_WARNING_MS = 10_000;
/** Phases that wait for a person. */
const PATIENT_PHASES: readonly string[] = ['waiting for cutover'];

/** Says in the log what a migration waits for when nothing of it moves: a disk that syncs for minutes, a peer that is busy, or a fault of ours. */
export class Standstill {
  readonly #id: string;
  readonly #logger: Pick<Logger, 'warn'>;
  readonly #meter: MigrationMeter;
  readonly #now: () => number;
  #seen = '';
  #sinceMs: number;
  #nextWarningMs = FIRST_WARNING_MS;

  constructor(id: string, logger: Pick<Logger, 'warn'>, meter: MigrationMeter, now = () => performance.now()) {
    this.#id = id;
    this.#logger = logger;
    this.#meter = meter;
    this.#now = now;
    this.#sinceMs = now();
  }

  /** To be called several times a second. */
  look(): void {
    const { phase, totals, roundsDone, scrub } = this.#meter;
    const moving = [this.#meter.inFlightBytes(), totals.ackedWireBytes, scrub.progress().scrub?.checkedBytes];
    const seen = [phase, roundsDone, ...moving].join(' ');
    if (seen !== this.#seen || PATIENT_PHASES.includes(phase)) {
      this.#seen = seen;
      this.#sinceMs = this.#now();
      this.#nextWarningMs = FIRST_WARNING_MS;
      return;
    }
    const stillMs = Math.round(this.#now() - this.#sinceMs);
    if (stillMs < this.#nextWarningMs) return;
    this.#nextWarningMs *= 2;
    const left = {
      dirtyBytes: this.#meter.dirtyBytes(),
      inFlightBytes: this.#meter.inFlightBytes(),
      unprovenBytes: this.#meter.unprovenBytes(),
    };
    this.#logger.warn({ migration: this.#id, phase, stillMs, ...left }, 'nothing has moved');
  }
}
