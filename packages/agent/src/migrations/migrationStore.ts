/** What the HTTP API needs of an agent's migrations; http/migrationRoutes.ts is the only caller. */
import type { EventLog } from './eventLog.js';
import type { MigrationView } from './migrationView.js';

/** A request to migrate, with every default filled in. */
export interface MigrationRequest {
  images: string[];
  /** HOST:PORT of the destination agent's migration port. */
  destination: string;
  mode: 'live' | 'cold';
  downtimeLimitMs: number;
  /** Bytes a second over all lanes; no cap when absent. */
  bandwidthLimit?: number;
  /** Bytes a second that checks read on each side outside the pause; no cap when absent. */
  scrubLimit?: number;
  /** The agent chooses when absent. */
  lanes?: number;
  /** How extents travel; `auto` when absent. */
  encoding?: 'auto' | 'raw' | 'lz4';
  verify: 'full' | 'wire';
  maxRounds: number;
  timeoutMs: number;
  onStall: 'abort' | 'force';
  cutover: 'auto' | 'manual';
  /** How long a lost link is tried to be made again; 0: not at all. */
  patienceMs: number;
  /** A file that stands at the destination is what it begins with, whoever made it. */
  seed: boolean;
}

/** The migrations of an agent. The calls that change one are absent at the destination. */
export interface MigrationStore {
  list(): MigrationView[];
  /** @throws GodwitError E_NOT_FOUND */
  view(id: string): MigrationView;
  /** @throws GodwitError E_NOT_FOUND */
  events(id: string): EventLog;
  /** Settles once the migration exists; it goes on by itself. */
  start?(request: MigrationRequest): Promise<{ id: string }>;
  /** @throws GodwitError E_NOT_FOUND, E_TOO_LATE */
  cutover?(id: string): Promise<void>;
  /** @throws GodwitError E_NOT_FOUND, E_TOO_LATE */
  cancel?(id: string): Promise<void>;
  /**
   * An unknown outcome: asks now, or settles it by an operator's word, without having asked.
   *
   * @throws GodwitError E_NOT_FOUND, E_TOO_LATE when the outcome is known
   */
  resolve?(id: string, forceOwner: ForcedOwner | undefined): Promise<void>;
}

/** Whom an operator makes the owner whatever the other side says. */
export type ForcedOwner = 'source' | 'destination';
