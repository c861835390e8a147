import type { NbdAddress, ReachOptions } from '@godwit/nbd';
import type { Owners } from '../owners/owners.js';
import type { Time } from '../time/time.js';

/** Where the proxy tells what it does; pino's logger fits. */
export interface ProxyLog {
  debug(about: object, message: string): void;
  info(about: object, message: string): void;
  warn(about: object, message: string): void;
  error(about: object, message: string): void;
}

/** What everything that follows an export shares. */
export interface FollowingParts {
  readonly owners: Owners;
  readonly time: Time;
  readonly log: ProxyLog;
  /** How long a request may go without an answer while no owner is found. */
  readonly patienceMs: number;
  /** How an address of `owners` is to be reached. */
  readonly reach: (address: NbdAddress) => ReachOptions;
}

/** What of an export must stay as its client was told. */
export interface FollowedExport {
  readonly name: string;
  readonly size: number;
  readonly contexts: readonly string[];
}
