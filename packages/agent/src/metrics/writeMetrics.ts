import type { ImageMaps, WriteCounters } from '@godwit/image';
import type { ExportTotals } from '../nbd/exportCounters.js';
import type { AgentMetrics } from './agentMetrics.js';

interface CountedImage {
  readonly name: string;
  readonly maps: Pick<ImageMaps, 'dirty'>;
  readonly counters: WriteCounters;
}

/** Writes of images since the last scrape, by whatever way they came: the HTTP API in this thread, NBD in others. */
export class WriteMetrics {
  readonly #metrics: AgentMetrics;
  readonly #seen = new Map<string, { writes: number; bytes: number }>();

  constructor(metrics: AgentMetrics) {
    this.#metrics = metrics;
  }

  update(images: readonly CountedImage[], nbd: ReadonlyMap<string, ExportTotals>): void {
    for (const { name, maps, counters } of images) {
      const last = this.#seen.get(name) ?? { writes: 0, bytes: 0 };
      const byNbd = nbd.get(name);
      const writes = counters.writes + (byNbd?.changes ?? 0);
      const bytes = counters.writtenBytes + (byNbd?.changedBytes ?? 0);
      this.#metrics.imageDirtyBlocks.set({ image: name }, maps.dirty.count());
      this.#metrics.imageWrites.inc({ image: name }, writes - last.writes);
      this.#metrics.imageWrittenBytes.inc({ image: name }, bytes - last.bytes);
      this.#seen.set(name, { writes, bytes });
    }
  }

  forget(name: string): void {
    this.#seen.delete(name);
    this.#metrics.forgetImage(name);
  }
}
