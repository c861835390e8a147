import { type AgentMetrics, type NbdService, WriteMetrics } from '@godwit/agent';
import type { DestinationImages } from './images/destinationImages.js';
import type { IncomingMigrations } from './incoming/incomingMigrations.js';

/** Connects a destination's images and migrations to its metrics. */
export function watchDestination(
  metrics: AgentMetrics,
  images: DestinationImages,
  migrations: IncomingMigrations,
  nbd: Pick<NbdService, 'totals'>,
): void {
  const writes = new WriteMetrics(metrics);
  metrics.onCollect(() => {
    metrics.migrationsActive.inc(migrations.activeCount);
    writes.update(images.served(), nbd.totals());
  });
}
