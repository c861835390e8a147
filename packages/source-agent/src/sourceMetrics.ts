import { type AgentMetrics, type NbdService, WriteMetrics } from '@godwit/agent';
import type { SourceImages } from './images/sourceImages.js';
import type { Migrations } from './migration/migrations.js';
import type { SourceMigration } from './migration/sourceMigration.js';

/** Connects a source agent's images and migrations to its metrics. */
export function watchSource(
  metrics: AgentMetrics,
  images: SourceImages,
  migrations: Migrations,
  nbd: Pick<NbdService, 'totals'>,
): { ended(migration: SourceMigration): void } {
  const writes = new WriteMetrics(metrics);
  const encodings = new EncodingMetrics(metrics);
  metrics.onCollect(() => {
    for (const migration of migrations.all()) encodings.update(migration);
    metrics.migrationsActive.inc(migrations.activeCount);
    const scrubs = migrations
      .list()
      .flatMap(({ endedAt, progress }) => (endedAt === undefined ? [progress.scrub] : []));
    metrics.scrubCheckedBytes.set(scrubs.reduce((sum, scrub) => sum + (scrub?.checkedBytes ?? 0), 0));
    metrics.scrubTotalBytes.set(scrubs.reduce((sum, scrub) => sum + (scrub?.totalBytes ?? 0), 0));
    writes.update(images.all(), nbd.totals());
  });
  images.onClosed = (name) => writes.forget(name);
  return {
    ended: (migration) => {
      encodings.update(migration);
      metrics.migrations.inc({ state: migration.state });
      metrics.migrationWireBytes.inc(migration.totals.wireBytes);
    },
  };
}

/** Counts of each migration what was not counted of it before. */
class EncodingMetrics {
  readonly #metrics: AgentMetrics;
  readonly #counted = new WeakMap<SourceMigration, { readonly raw: number; readonly lz4: number }>();

  constructor(metrics: AgentMetrics) {
    this.#metrics = metrics;
  }

  update(migration: SourceMigration): void {
    const before = this.#counted.get(migration) ?? { raw: 0, lz4: 0 };
    const { normalBytes, lz4Bytes } = migration.totals;
    const now = { raw: normalBytes - lz4Bytes, lz4: lz4Bytes };
    this.#counted.set(migration, now);
    this.#metrics.migrationExtentBytes.inc({ encoding: 'raw' }, Math.max(0, now.raw - before.raw));
    this.#metrics.migrationExtentBytes.inc({ encoding: 'lz4' }, Math.max(0, now.lz4 - before.lz4));
  }
}
