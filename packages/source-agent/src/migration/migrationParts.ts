import type { Logger, MigrationRequest, OwnershipStore, SourceWorkload } from '@godwit/agent';
import type { DirtyRecord, LiveImage } from '@godwit/image';
import type { MigrationJournal } from '../journal/migrationJournal.js';
import type { Peer } from './link.js';

/** What a migration at the source is made of. */
export interface MigrationParts {
  readonly id: string;
  readonly request: MigrationRequest;
  readonly images: readonly LiveImage[];
  readonly peer: Peer;
  readonly ownership: OwnershipStore;
  readonly journal: MigrationJournal;
  /** What writes to the images. */
  readonly workload: SourceWorkload;
  readonly logger: Logger;
  /** The migration of an earlier life whose record says SEALED: only ask who owns. */
  readonly recoveryOf?: string;
  /** The migration of an earlier life that was not sealed. */
  readonly resumed?: ResumedMigration;
}

/** What an earlier life left of a migration. */
export interface ResumedMigration {
  /** Of each image, its dirty record, in the order of images. */
  readonly records: readonly DirtyRecord[];
  readonly attempts: number;
  readonly startedAt: Date;
}
