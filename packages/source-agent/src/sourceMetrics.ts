import type { AgentMetrics } from '@godwit/agent';
import type { SourceImages } from './images/sourceImages.js';
import type { Migrations } from './migration/migrations.js';
import type { SourceMigration } from './migration/sourceMigration.js';

/** Connects a source agent's images and migrations to its metrics. */
export function watchSource(
  metrics: AgentMetrics,
  images: SourceImages,
  migrations: Migrations,
): { ended(migration: SourceMigration): void } {
  const seen = new Map<string, { writes: number; bytes: number }>();
  metrics.onCollect(() => {
    metrics.migrationsActive.set(migrations.activeCount);
    for (const { name, maps, counters } of images.all()) {
      const last = seen.get(name) ?? { writes: 0, bytes: 0 };
      metrics.imageDirtyBlocks.set({ image: name }, maps.dirty.count());
      metrics.imageWrites.inc({ image: name }, counters.writes - last.writes);
      metrics.imageWrittenBytes.inc({ image: name }, counters.writtenBytes - last.bytes);
      seen.set(name, { writes: counters.writes, bytes: counters.writtenBytes });
    }
  });
  images.onClosed = (name) => {
    seen.delete(name);
    metrics.forgetImage(name);
  };
  return {
    ended: (migration) => {
      metrics.migrations.inc({ state: migration.state });
      metrics.migrationWireBytes.inc(migration.wireBytes);
    },
  };
}
