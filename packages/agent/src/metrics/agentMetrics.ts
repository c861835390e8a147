/**
 * What an agent counts, for GET /metrics. Labels are image names and states only: an agent holds a
 * bounded number of images, and migrations come and go, so ids never become labels.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { AgentRole } from '../config/agentOptions.js';

const NANOSECONDS_PER_SECOND = 1e9;
const DELAY_RESOLUTION_MS = 10;
const P99 = 99;

/** A prom-client registry with Godwit's own metrics at hand. */
export class AgentMetrics extends Registry {
  readonly imageDirtyBlocks = new Gauge({
    name: 'godwit_image_dirty_blocks',
    help: 'Blocks written since they were last collected',
    labelNames: ['image'],
    registers: [this],
  });
  readonly imageWrites = new Counter({
    name: 'godwit_image_writes_total',
    help: 'Writes taken through the intercept',
    labelNames: ['image'],
    registers: [this],
  });
  readonly imageWrittenBytes = new Counter({
    name: 'godwit_image_written_bytes_total',
    help: 'Bytes written through the intercept',
    labelNames: ['image'],
    registers: [this],
  });
  /** Count one when a migration reaches a terminal state. */
  readonly migrations = new Counter({
    name: 'godwit_migrations_total',
    help: 'Migrations by the state they ended in',
    labelNames: ['state'],
    registers: [this],
  });
  /** Counted anew at each scrape: whoever watches migrations adds his own. */
  readonly migrationsActive = new Gauge({
    name: 'godwit_migrations_active',
    help: 'Migrations that have not ended',
    registers: [this],
  });
  readonly migrationWireBytes = new Counter({
    name: 'godwit_migration_wire_bytes_total',
    help: 'Bytes of all migrations that crossed the network',
    registers: [this],
  });
  readonly scrubCheckedBytes = new Gauge({
    name: 'godwit_scrub_checked_bytes',
    help: 'Bytes compared in the passes of reading back of the migrations that run',
    registers: [this],
  });
  readonly scrubTotalBytes = new Gauge({
    name: 'godwit_scrub_total_bytes',
    help: 'Bytes that these passes have to compare',
    registers: [this],
  });
  /** Raw bytes of extents, by how they travelled. */
  readonly migrationExtentBytes = new Counter({
    name: 'godwit_migration_extent_bytes_total',
    help: 'Bytes of images sent as data, before compression, by the encoding that lanes chose',
    labelNames: ['encoding'],
    registers: [this],
  });
  readonly #beforeScrape = new Set<() => void>();

  constructor(role: AgentRole) {
    super();
    this.setDefaultLabels({ role });
    collectDefaultMetrics({ register: this });
    watchEventLoop(this);
  }

  /** Calls `update` before each scrape, so that gauges need no timer. Returns the way to stop that. */
  onCollect(update: () => void): () => void {
    this.#beforeScrape.add(update);
    return () => {
      this.#beforeScrape.delete(update);
    };
  }

  /** Takes a closed image's label values away. */
  forgetImage(image: string): void {
    this.imageDirtyBlocks.remove({ image });
    this.imageWrites.remove({ image });
    this.imageWrittenBytes.remove({ image });
  }

  override async metrics(): Promise<string> {
    this.migrationsActive.set(0);
    for (const update of this.#beforeScrape) update();
    return super.metrics();
  }
}

/** The registry of one agent, with prom-client's process metrics. */
export function createMetrics(role: AgentRole): AgentMetrics {
  return new AgentMetrics(role);
}

/** Event-loop delay since the last scrape; the sampling interval itself is taken off. */
function watchEventLoop(registry: Registry): void {
  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  delay.enable();
  new Gauge({
    name: 'godwit_event_loop_delay_p99_seconds',
    help: '99th percentile of the event loop delay since the last scrape',
    registers: [registry],
    collect() {
      const p99Ms = delay.percentile(P99) / 1e6;
      this.set((Math.max(0, p99Ms - DELAY_RESOLUTION_MS) * 1e6) / NANOSECONDS_PER_SECOND);
      delay.reset();
    },
  });
}
