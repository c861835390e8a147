/** Moves one after another between the same two agents, and what is left of each in them. */
import { copyFileSync, readdirSync, readlinkSync, rmSync, truncateSync } from 'node:fs';
import { until } from '../harness/condition.js';
import { makeMixedImage } from '../harness/imageFiles.js';
import { migrateCompletely } from '../harness/moving.js';
import { DISK } from '../harness/pair.js';
import type { RunningDaemon } from '../harness/runningDaemon.js';
import type { Stage } from '../harness/stage.js';
import { fileBytes } from '../oracle/byteSource.js';
import { assertIntact } from '../oracle/replay.js';
import { WriterOracle } from '../oracle/writerOracle.js';
import { residentMebibytesOf, threadsOf } from './processCost.js';

export interface SoakPlan {
  readonly imageBytes: number;
  readonly writeBytesPerSec: number;
  /** Of both agents' node. */
  readonly nodeArgs?: readonly string[];
}

/** What an agent holds after a move. */
export interface Holding {
  readonly residentMebibytes: number;
  readonly threads: number;
  /** But for those of images. */
  readonly descriptors: number;
  /** Of images that it serves or has not closed. */
  readonly imageDescriptors: number;
}

export interface Sample {
  readonly source: Holding;
  readonly destination: Holding;
}

/** Threads and sockets of a move end a moment after it. */
const SETTLING_MS = 10_000;
const IMAGE_FILE = /\.(?:raw|img)$/;

/** Two agents that stay, and an image after the other that moves from one to the other under its writers. */
export class Soak {
  readonly #stage: Stage;
  readonly #plan: SoakPlan;
  readonly #source: RunningDaemon;
  readonly #destination: RunningDaemon;
  #moves = 0;
  #first: Sample | undefined;

  private constructor(stage: Stage, plan: SoakPlan, source: RunningDaemon, destination: RunningDaemon) {
    this.#stage = stage;
    this.#plan = plan;
    this.#source = source;
    this.#destination = destination;
  }

  static async start(stage: Stage, plan: SoakPlan): Promise<Soak> {
    // An agent starts with an image; this one stays.
    const staying = stage.path('staying.raw');
    makeMixedImage(staying, 1024 * 1024);
    const agent = { args: ['--peer-timeout', '30s'], nodeArgs: plan.nodeArgs ?? [] };
    const [source, destination] = await Promise.all([
      stage.source({ images: { [DISK]: staying }, ...agent }),
      stage.destination(agent),
    ]);
    return new Soak(stage, plan, source, destination);
  }

  /** One move, verified by what its writers know; what both agents hold once its threads have ended. */
  async move(): Promise<Sample> {
    const seed = ++this.#moves;
    const name = `soak-${seed}`;
    const [path, initial] = [this.#stage.path(`${name}.raw`), this.#stage.path('initial')];
    makeMixedImage(path, this.#plan.imageBytes, seed);
    copyFileSync(path, initial);
    await this.#source.api.openImage(name, path);
    const { imageBytes: sizeBytes, writeBytesPerSec: rateBytesPerSec } = this.#plan;
    const url = this.#source.api.imageUrl(name);
    const oracle = new WriterOracle({ seed, url, sizeBytes, rateBytesPerSec, writers: 2, zeroShare: 0.05 });
    oracle.start();
    try {
      await oracle.acknowledged(20);
      await migrateCompletely(this.#source.api, { images: [name], destination: this.#destination.address });
      await oracle.followed();
      await oracle.acknowledged(20);
    } finally {
      await oracle.stop();
    }
    const arrived = this.#destination.imagePath(name);
    assertIntact(await oracle.verify(await fileBytes(initial), await fileBytes(arrived)));
    await this.#source.api.closeImage(name);
    rmSync(path);
    rmSync(initial);
    // A destination has no way to close an image; its bytes are not needed any more.
    truncateSync(arrived, 0);
    truncateSync(arrived, sizeBytes);
    return this.#sampled();
  }

  async #sampled(): Promise<Sample> {
    const now = (): Sample => ({ source: holdingOf(this.#source.pid), destination: holdingOf(this.#destination.pid) });
    const first = this.#first;
    if (first === undefined) {
      // What comes with the first move and stays (threads that are kept ready) is no growth.
      let before = now();
      await until('both agents to have settled', async () => {
        // Settled is what does not change: two looks have to be apart.
        await new Promise((resolve) => setTimeout(resolve, 500));
        const settled = hasNoMore(now(), before) && hasNoMore(before, now());
        before = now();
        return settled;
      });
      this.#first = before;
      return before;
    }
    // One that has grown is what is looked for: it is sampled then as it is.
    await until('both agents to have settled', () => hasNoMore(now(), first), SETTLING_MS).catch(() => undefined);
    return now();
  }
}

function hasNoMore(now: Sample, first: Sample): boolean {
  return (['source', 'destination'] as const).every(
    (end) => now[end].threads <= first[end].threads && now[end].descriptors <= first[end].descriptors,
  );
}

function holdingOf(pid: number): Holding {
  const links = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => linkOf(`/proc/${pid}/fd/${fd}`) ?? []);
  const images = links.filter((link) => IMAGE_FILE.test(link));
  return {
    residentMebibytes: residentMebibytesOf(pid),
    threads: threadsOf(pid),
    descriptors: links.length - images.length,
    imageDescriptors: images.length,
  };
}

/** Undefined for one that was closed in this moment. */
function linkOf(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    return undefined;
  }
}
