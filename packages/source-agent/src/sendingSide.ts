import type { AgentMetrics, AllowedRoots, NbdService, OwnershipStore, SourceOptions, WorkloadOf } from '@godwit/agent';
import { SourceImages } from './images/sourceImages.js';
import { MigrationJournal } from './journal/migrationJournal.js';
import { LANE_THREADS } from './lanes/lanePool.js';
import { Migrations } from './migration/migrations.js';
import { watchSource } from './sourceMetrics.js';

export const AGENT_VERSION = 'godwit 0.1.0';

export interface SendingParts {
  readonly options: SourceOptions;
  /** Where clients of the API may have images. */
  readonly roots: AllowedRoots;
  readonly ownership: OwnershipStore;
  readonly nbd: NbdService;
  readonly metrics: AgentMetrics;
  /** What runs on images; the user's commands unless given. */
  readonly workloadOf?: WorkloadOf;
}

/** What sends images: all of a source agent but its doors, and half of an agent with both roles. */
export class SendingSide {
  readonly images: SourceImages;
  readonly migrations: Migrations;

  /** @throws GodwitError E_STATE_DIR */
  constructor({ options, roots, ownership, nbd, metrics, workloadOf }: SendingParts) {
    const { stateDir, logger } = options;
    const journal = MigrationJournal.open(stateDir);
    this.images = new SourceImages(ownership, stateDir, logger, nbd, roots);
    this.migrations = new Migrations({
      images: this.images,
      ownership,
      journal,
      options,
      logger,
      agentVersion: AGENT_VERSION,
      workloadOf,
      onEnded: (migration) => watching.ended(migration),
    });
    const watching = watchSource(metrics, this.images, this.migrations, nbd);
  }

  /** The images of the start are open: goes on with what an earlier life left, and with more of it as others are opened. */
  begin(): void {
    this.migrations.recover();
    this.images.onOpened = () => this.migrations.recover();
  }

  /** The agent is up: threads are made ready for moves. */
  keepThreads(): void {
    LANE_THREADS.keep();
  }

  /** Cancels what can be cancelled; images stay open, for there are clients yet. */
  async end(): Promise<void> {
    await this.migrations.shutDown();
    await LANE_THREADS.drop();
  }
}
