import { EventLog, type Logger, type MigrationState, type RoundRecord } from '@godwit/agent';
import type { GodwitError } from '@godwit/errors';
import type { Link } from './link.js';
import type { MigrationMeter } from './meter.js';
import { Standstill } from './standstill.js';

export interface DescribedError {
  code: string;
  message: string;
  detail?: string;
}

/** An error as it stands in a migration's view and events. */
export function describeError(error: GodwitError): DescribedError {
  return { code: error.code, message: error.message, ...(error.detail === undefined ? {} : { detail: error.detail }) };
}

/** Tells log, event streams and destination how a migration stands. One log line a state and a round. */
export class Announcer {
  readonly events = new EventLog();
  readonly #id: string;
  readonly #logger: Logger;
  readonly #meter: MigrationMeter;
  readonly #standstill: Standstill;
  #link: Link | undefined;
  #state: MigrationState = 'setup';

  constructor(id: string, logger: Logger, meter: MigrationMeter) {
    this.#id = id;
    this.#logger = logger;
    this.#meter = meter;
    this.#standstill = new Standstill(id, logger, meter);
  }

  /** From now on the destination is told, too. */
  linked(link: Link): void {
    this.#link = link;
  }

  state(state: MigrationState, error: GodwitError | undefined): void {
    this.#state = state;
    const described = error === undefined ? {} : { error: describeError(error) };
    this.#logger.info({ migration: this.#id, state, ...described }, 'migration state');
    this.events.append('state', { state, ...described });
    this.#tellDestination();
  }

  round(record: RoundRecord): void {
    this.#link?.channel.send('RoundEnd', record);
    this.#logger.info({ migration: this.#id, ...record }, 'round');
    this.events.append('round', record);
  }

  /** A round of the pause: the destination has other things to do than to hear of it. */
  finalRound(record: RoundRecord): void {
    this.#logger.info({ migration: this.#id, ...record, final: true }, 'round');
    this.events.append('round', record);
  }

  progress(): void {
    this.#standstill.look();
    this.events.append('progress', this.#meter.progress());
    this.#tellDestination();
  }

  end(): void {
    this.events.end();
  }

  #tellDestination(): void {
    const link = this.#link;
    // Version 1 has no Progress.
    if (link === undefined || link.version < 2 || link.channel.over !== undefined) return;
    const { etaMs, expectedDowntimeMs, ...progress } = this.#meter.progress();
    link.channel.send('Progress', {
      ...progress,
      state: this.#state,
      etaMs: etaMs ?? -1,
      expectedDowntimeMs: expectedDowntimeMs ?? -1,
    });
  }
}
