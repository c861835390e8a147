import { Worker } from 'node:worker_threads';
import { endThread } from './thread.js';
import { askToRest } from './threadSession.js';

/**
 * Threads of lanes and connections make many small objects and keep hardly any: a nursery of 2 MiB (a third of
 * this) holds them, and is in the cache. With the default of 16 MiB each thread's grew to that before anything was collected.
 */
const HEAP = { maxYoungGenerationSizeMb: 6 } as const;

/**
 * A stock is filled up so long after it was asked for: lanes end in the moment of a takeover, when the workload catches up
 * and has the processors to itself but for what is not needed now.
 */
const REST_MS = 2000;

/**
 * Threads of one script that were started before they are needed. A thread takes some 70 ms of CPU to load what a
 * lane needs, and the engine a quarter of a second to optimise it; two at each end made half of the time that 1 GiB
 * takes. So they are started ahead, and come back when a migration is over, with all that was compiled.
 */
export class ThreadStock {
  readonly #script: URL;
  readonly #name: string;
  readonly #size: number;
  /** The one that worked last is at the end. */
  #spare: Worker[] = [];
  /** Taken and not given back: they are not missing, most will be spare again. */
  readonly #atWork = new Set<Worker>();
  #isKept = false;
  #isAhead = true;
  #resting: NodeJS.Timeout | undefined;

  /** `size` threads are kept, called `name`; more are made when they are asked for. */
  constructor(script: URL, name: string, size: number) {
    this.#script = script;
    this.#name = name;
    this.#size = size;
  }

  /**
   * Keeps threads at hand from now on. For an agent that answers already: each takes a tenth of a second of a processor that
   * the start would wait for.
   *
   * @param ahead false: none is made before it is needed, but those that come back are kept
   */
  keep({ ahead = true } = {}): void {
    this.#isKept = true;
    this.#isAhead = ahead;
    this.#fill();
  }

  /** Starts what is missing a while from now, if threads are kept. */
  refill(): void {
    if (!this.#isKept || !this.#isAhead) return;
    this.#resting ??= setTimeout(() => {
      this.#resting = undefined;
      this.#fill();
    }, REST_MS).unref();
  }

  #fill(): void {
    while (this.#isKept && this.#isAhead && this.#spare.length + this.#atWork.size < this.#size)
      this.#put(this.#make());
  }

  /**
   * Takes a thread back (threadSession.ts); resolves when it has let go of everything, or has ended. Its owner hears
   * nothing of it any more.
   */
  async giveBack(worker: Worker): Promise<void> {
    const isGood = await askToRest(worker);
    this.#atWork.delete(worker);
    // By name: Node listens to a worker's own listeners, to start and stop its port.
    for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event);
    if (!isGood) return;
    if (!this.#isKept) {
      await endThread(worker);
      return;
    }
    this.#put(worker);
    // Those go that have not worked for longest: their code is the least compiled.
    const surplus = this.#spare.splice(0, Math.max(0, this.#spare.length - this.#size));
    await Promise.all(surplus.map(endThread));
  }

  #put(worker: Worker): void {
    // A spare thread keeps no process alive, and one that ends is not offered to anybody.
    worker.unref();
    const forget = () => {
      this.#spare = this.#spare.filter((other) => other !== worker);
    };
    worker.once('error', forget);
    worker.once('exit', forget);
    this.#spare.push(worker);
  }

  /**
   * The thread that worked last, and its first message: what `startedWith` in it resolves to. The caller owns it
   * until it gives it back.
   */
  take(start: unknown): Worker {
    const worker = this.#spare.pop() ?? this.#make();
    worker.removeAllListeners('error');
    worker.removeAllListeners('exit');
    this.#atWork.add(worker);
    worker.once('exit', () => this.#atWork.delete(worker));
    worker.ref();
    worker.postMessage(start);
    return worker;
  }

  /** Keeps none any more: the agent goes down. Resolves when the spare ones have ended. */
  async drop(): Promise<void> {
    this.#isKept = false;
    clearTimeout(this.#resting);
    this.#resting = undefined;
    await Promise.all(this.#spare.splice(0).map(endThread));
  }

  #make(): Worker {
    return new Worker(this.#script, { name: this.#name, resourceLimits: HEAP });
  }
}
