import { Worker } from 'node:worker_threads';
import { endThread } from './thread.js';

/**
 * Threads of one script that were started before they are needed. A thread takes some 70 ms of CPU to
 * load what a lane needs; two at each end made a quarter of the time that 1 GiB takes.
 */
export class ThreadStock {
  readonly #script: URL;
  readonly #name: string;
  readonly #size: number;
  #spare: Worker[] = [];
  #isKept = false;

  /** `size` threads are kept, called `name`; more are made when they are asked for. */
  constructor(script: URL, name: string, size: number) {
    this.#script = script;
    this.#name = name;
    this.#size = size;
  }

  /** Keeps threads at hand from now on: the agent is up. */
  keep(): void {
    this.#isKept = true;
    this.refill();
  }

  /** Starts what is missing, if threads are kept. To be called when nobody is waiting for the processor. */
  refill(): void {
    while (this.#isKept && this.#spare.length < this.#size) {
      const worker = this.#make();
      // A spare thread keeps no process alive, and one that ends is not offered to anybody.
      worker.unref();
      const forget = () => {
        this.#spare = this.#spare.filter((other) => other !== worker);
      };
      worker.once('error', forget);
      worker.once('exit', forget);
      this.#spare.push(worker);
    }
  }

  /** A thread, and its first message: what `startedWith` in it resolves to. The caller owns it. */
  take(start: unknown): Worker {
    const worker = this.#spare.shift() ?? this.#make();
    worker.removeAllListeners('error');
    worker.removeAllListeners('exit');
    worker.ref();
    worker.postMessage(start);
    return worker;
  }

  /** Keeps none any more: the agent goes down. Resolves when the spare ones have ended. */
  async drop(): Promise<void> {
    this.#isKept = false;
    await Promise.all(this.#spare.splice(0).map(endThread));
  }

  #make(): Worker {
    return new Worker(this.#script, { name: this.#name });
  }
}
