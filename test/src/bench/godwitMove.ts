import { existsSync } from 'node:fs';
import { isTerminal, type MigrationView } from '../harness/migrationView.js';
import { DISK } from '../harness/pair.js';
import { allocatedBytesOf, sparseDigestOf } from '../harness/sparseFile.js';
import { Stage } from '../harness/stage.js';
import { pauseAsFelt } from '../oracle/latency.js';
import type { OracleOptions } from '../oracle/writerOracle.js';
import { cpuSecondsOf, peakMebibytesOf } from './processCost.js';

const POLL_MS = 10;

/** What one migration cost, as seen from outside the agents. */
export interface MoveCost {
  readonly view: MigrationView;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMebibytes: { readonly source: number; readonly destination: number };
  readonly eventLoopP99Ms: { readonly source: number; readonly destination: number };
  /** Undefined for idle images. */
  readonly pauseFeltMs: number | undefined;
  readonly writtenBytes: number;
}

export type Workload = Omit<OracleOptions, 'url' | 'sizeBytes'>;

/** Moves an image from a source that was just started to a destination that was, both on the stage's file system. */
export async function moveOnce(
  make: (path: string) => void,
  sizeBytes: number,
  workload?: Workload,
): Promise<MoveCost> {
  const stage = new Stage();
  try {
    const path = stage.path('disk.raw');
    make(path);
    const [source, destination] = await Promise.all([stage.source({ images: { [DISK]: path } }), stage.destination()]);
    const url = source.api.imageUrl(DISK);
    const oracle = workload === undefined ? undefined : stage.writers({ ...workload, url, sizeBytes });
    oracle?.start();
    await oracle?.acknowledged(200);
    // The gauge tells of the time since the last scrape.
    await Promise.all([source.api.metrics(), destination.api.metrics()]);
    const cpuBefore = cpuSecondsOf(source.pid) + cpuSecondsOf(destination.pid);
    const startMs = performance.now();
    const id = await source.api.startMigration({ images: [DISK], destination: destination.address });
    const view = await pollToEnd(() => source.api.migration(id));
    const seconds = (performance.now() - startMs) / 1000;
    const cpuSeconds = cpuSecondsOf(source.pid) + cpuSecondsOf(destination.pid) - cpuBefore;
    const delays = await Promise.all([source.api.metrics(), destination.api.metrics()]);
    await oracle?.followed();
    await oracle?.acknowledged(50);
    await oracle?.stop();
    if (view.state !== 'completed')
      throw new Error(`migration ${view.state}: ${JSON.stringify(view.error)}\n${stage.output()}`);
    if (oracle === undefined) assertEqualFiles(path, destination.imagePath(DISK));
    return {
      view,
      seconds,
      cpuSeconds,
      peakMebibytes: { source: peakMebibytesOf(source.pid), destination: peakMebibytesOf(destination.pid) },
      eventLoopP99Ms: { source: delayOf(delays[0]), destination: delayOf(delays[1]) },
      pauseFeltMs: oracle === undefined ? undefined : pauseAsFelt(oracle.history.records, source.api.url),
      writtenBytes: oracle?.history.acknowledgedBytes ?? 0,
    };
  } finally {
    await stage.close();
  }
}

async function pollToEnd(read: () => Promise<MigrationView>): Promise<MigrationView> {
  for (;;) {
    const view = await read();
    if (isTerminal(view.state)) return view;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function assertEqualFiles(original: string, arrived: string): void {
  if (!existsSync(arrived) || sparseDigestOf(arrived) !== sparseDigestOf(original)) throw new Error('the copy differs');
  if (allocatedBytesOf(arrived) > allocatedBytesOf(original) * 1.05 + 65_536) throw new Error('the copy is not thin');
}

function delayOf(metrics: string | undefined): number {
  const seconds = /^godwit_event_loop_delay_p99_seconds(?:\{[^}]*\})? (\S+)/m.exec(metrics ?? '')?.[1];
  return Number(seconds ?? Number.NaN) * 1000;
}
