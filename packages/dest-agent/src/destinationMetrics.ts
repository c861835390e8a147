import type { AgentMetrics } from '@godwit/agent';
import type { DestinationImages } from './images/destinationImages.js';
import type { IncomingMigrations } from './incoming/incomingMigrations.js';

/** Connects a destination's images and migrations to its metrics. */
export function watchDestination(
  metrics: AgentMetrics,
  images: DestinationImages,
  migrations: IncomingMigrations,
): void {
  const seen = new Map<string, { writes: number; bytes: number }>();
  metrics.onCollect(() => {
    metrics.migrationsActive.set(migrations.activeCount);
    for (const { name, maps, counters } of images.served()) {
      const last = seen.get(name) ?? { writes: 0, bytes: 0 };
      metrics.imageDirtyBlocks.set({ image: name }, maps.dirty.count());
      metrics.imageWrites.inc({ image: name }, counters.writes - last.writes);
      metrics.imageWrittenBytes.inc({ image: name }, counters.writtenBytes - last.bytes);
      seen.set(name, { writes: counters.writes, bytes: counters.writtenBytes });
    }
  });
}
