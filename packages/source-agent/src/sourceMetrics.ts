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
  metrics.onCollect(() => {
    metrics.migrationsActive.set(migrations.activeCount);
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
      metrics.migrations.inc({ state: migration.state });
      metrics.migrationWireBytes.inc(migration.wireBytes);
    },
  };
}
