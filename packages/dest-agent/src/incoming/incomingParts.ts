import type { IncomingWorkloads } from '@godwit/agent';
import type { CopiesParts } from './copies.js';
import type { IncomingMigration } from './incomingMigration.js';

/** Where the API is, as sources are told. */
export interface Advertised {
  readonly apiHost: string;
  readonly apiPort: number;
  readonly apiScheme: string;
}

export interface IncomingParts extends CopiesParts {
  readonly workloads: IncomingWorkloads;
  readonly agentVersion: string;
  /** What lanes must present; empty where none is asked for. */
  readonly token: string;
  readonly advertised: () => Advertised;
  /** Called once when it is over or owned. */
  readonly onEnded: (migration: IncomingMigration) => void;
}
