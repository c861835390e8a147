/** Our two agents as an operator starts them, and one migration between them. */
import { rmSync, truncateSync } from 'node:fs';
import { ApiError } from '../../harness/apiClient.js';
import { readEvents } from '../../harness/eventStream.js';
import { makeMixedImage } from '../../harness/imageFiles.js';
import type { MigrationRequest, MigrationView } from '../../harness/migrationView.js';
import { DISK } from '../../harness/pair.js';
import type { RunningDaemon } from '../../harness/runningDaemon.js';
import { Stage } from '../../harness/stage.js';
import { atRest } from '../atRest.js';
import { dropCached } from '../diskCache.js';
import { assertThinEqualCopies } from '../equality.js';
import { type Contender, type Ends, Refusal, type Run } from '../measured.js';
import { cpuSecondsOf, peakMebibytesOf } from '../processCost.js';
import type { CopyPlan } from './copyPlan.js';

/** Often enough to see phases, seldom enough not to be what the source is busy with. */
const POLL_MS = 50;
/** Moves before the one that is measured, for agents whose code is to be compiled by then. */
const WARM_MOVES = 4;
const WARM_BYTES = 512 * 1024 * 1024;

/** Operators' agents are more patient than those of tests, and a machine under load is no lost peer. */
export const PATIENT = ['--peer-timeout', '30s'];

/** What of a migration an agent may not know yet is offered, and its refusal is a reason to be left out. */
export interface GodwitRequest extends Omit<MigrationRequest, 'images' | 'destination'> {
  readonly encoding?: 'auto' | 'raw' | 'lz4';
}

export const GODWIT_NAME = 'godwit';

export function godwit(plan: CopyPlan, request: GodwitRequest = {}, name: string = GODWIT_NAME): Contender {
  return { name, run: () => moveIdle(plan, request, 0) };
}

/** The same by agents that have moved other images before, as those of a fleet have. */
export function warmGodwit(plan: CopyPlan): Contender {
  return { name: `${GODWIT_NAME}, warm agents`, run: () => moveIdle(plan, {}, WARM_MOVES) };
}

/** Moves an image that nobody writes. Without moves before, nothing is warm but what the agents rehearse by themselves. */
async function moveIdle(plan: CopyPlan, request: GodwitRequest, movesBefore: number): Promise<Run> {
  const stage = new Stage(plan.place.folder);
  try {
    const [source, destination] = await Promise.all([
      stage.source({ images: { [DISK]: plan.source }, args: PATIENT }),
      stage.destination({ args: PATIENT }),
    ]);
    const { address } =
      plan.wire === undefined
        ? destination
        : await stage.delayProxy({ ...plan.wire, targetPort: destination.plan.port ?? 0 });
    await atRest([source.pid, destination.pid]);
    for (let move = 1; move <= movesBefore; move++) await warmUp(stage, source, destination, move);
    dropCached(plan.place, plan.source);
    const cost = await CostOfMove.begin(source, destination);
    const { view, phaseMs } = await moved(source, { ...request, images: [DISK], destination: address });
    const run = await cost.end(view, plan.dataBytes, phaseMs);
    assertThinEqualCopies(plan.source, destination.imagePath(DISK));
    return run;
  } catch (error) {
    if (error instanceof ApiError && error.status === 400) throw new Refusal(error.message, { cause: error });
    throw error instanceof Error ? new Error(`${error.message}\n${stage.output()}`, { cause: error }) : error;
  } finally {
    await stage.close();
  }
}

async function warmUp(stage: Stage, source: RunningDaemon, destination: RunningDaemon, move: number): Promise<void> {
  const name = `warm-${move}`;
  const path = stage.path(`${name}.raw`);
  makeMixedImage(path, WARM_BYTES, move);
  await source.api.openImage(name, path);
  await moved(source, { images: [name], destination: destination.address });
  await source.api.closeImage(name);
  rmSync(path);
  truncateSync(destination.imagePath(name), 0);
  truncateSync(destination.imagePath(name), WARM_BYTES);
}

/** Processor time, memory and responsiveness of both agents from one moment on. */
export class CostOfMove {
  readonly #agents: readonly [RunningDaemon, RunningDaemon];
  readonly #cpuBefore: Ends;
  readonly #startMs = performance.now();

  private constructor(agents: readonly [RunningDaemon, RunningDaemon], cpuBefore: Ends) {
    this.#agents = agents;
    this.#cpuBefore = cpuBefore;
  }

  static async begin(source: RunningDaemon, destination: RunningDaemon): Promise<CostOfMove> {
    // The gauge of the event loop's delay tells of the time since the last scrape.
    await Promise.all([source.api.metrics(), destination.api.metrics()]);
    return new CostOfMove([source, destination], cpuOf(source, destination));
  }

  async end(view: MigrationView, movedBytes: number, phaseMs: ReadonlyMap<string, number>): Promise<Run> {
    const seconds = (performance.now() - this.#startMs) / 1000;
    const [source, destination] = this.#agents;
    const after = cpuOf(source, destination);
    const [here, there] = await Promise.all([source.api.metrics(), destination.api.metrics()]);
    return {
      seconds,
      movedBytes,
      cpuSeconds: {
        source: after.source - this.#cpuBefore.source,
        destination: after.destination - this.#cpuBefore.destination,
      },
      peakMebibytes: { source: peakMebibytesOf(source.pid), destination: peakMebibytesOf(destination.pid) },
      wireBytes: view.progress.wireBytes,
      eventLoopP99Ms: { source: delayOf(here), destination: delayOf(there) },
      figures: figuresOf(view, phaseMs),
    };
  }
}

/** Waits for the end; how long each phase was seen. Fails unless it completed. */
export async function moved(
  source: RunningDaemon,
  request: MigrationRequest & GodwitRequest,
): Promise<{ readonly view: MigrationView; readonly phaseMs: ReadonlyMap<string, number> }> {
  const id = await source.api.startMigration(request);
  const phaseMs = new Map<string, number>();
  const ended = readEvents(`${source.plan.apiUrl}/v1/migrations/${id}/events`).then(() => true);
  let sinceMs = performance.now();
  for (let isOver = false; !isOver; ) {
    const { progress } = await source.api.migration(id);
    const now = performance.now();
    phaseMs.set(progress.phase, (phaseMs.get(progress.phase) ?? 0) + now - sinceMs);
    sinceMs = now;
    isOver = await Promise.race([ended, new Promise<boolean>((resolve) => setTimeout(resolve, POLL_MS, false))]);
  }
  const view = await source.api.migration(id);
  if (view.state !== 'completed') throw new Error(`migration ${view.state}: ${JSON.stringify(view.error)}`);
  return { view, phaseMs };
}

/** Phases in which all lanes work; the rest of a migration is its serial part. */
const OF_LANES = /^(?:round |verifying|final round)/;

/** Figures of a migration by name: the parts of its pause, its first round, and what lanes have no part in. */
function figuresOf(view: MigrationView, phaseMs: ReadonlyMap<string, number>): Record<string, number> {
  const figures: Record<string, number> = { rounds: view.rounds.length };
  for (const [part, ms] of Object.entries(view.downtime ?? {})) figures[`pause ${part}`] = ms;
  const [first] = view.rounds;
  if (first !== undefined) {
    figures['first round wire MB/s'] = first.wireBytes / 1000 / first.durationMs;
    figures['wire bytes after first round'] = view.progress.wireBytes - first.wireBytes;
  }
  const serial = [...phaseMs].filter(([phase]) => !OF_LANES.test(phase));
  figures['serial ms'] = serial.reduce((sum, [, ms]) => sum + ms, 0);
  return figures;
}

function cpuOf(source: RunningDaemon, destination: RunningDaemon): Ends {
  return { source: cpuSecondsOf(source.pid), destination: cpuSecondsOf(destination.pid) };
}

function delayOf(metrics: string | undefined): number {
  const seconds = /^godwit_event_loop_delay_p99_seconds(?:\{[^}]*\})? (\S+)/m.exec(metrics ?? '')?.[1];
  return Number(seconds ?? Number.NaN) * 1000;
}
