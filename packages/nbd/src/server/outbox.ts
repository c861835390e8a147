import { SLAB_BYTES, type Slab, SlabPool } from './slabPool.js';

/** Where the bytes go: a socket. `onTaken` is called in the order of the writes, once the bytes are needed no more. */
export interface OutboxSink {
  cork(): void;
  uncork(): void;
  write(bytes: Uint8Array, onTaken: () => void): void;
}

/** A part of a slab that belongs to one reply until it is sent or dropped. */
export interface Region {
  readonly slab: Slab;
  readonly from: number;
}

/** A part of a slab that is on its way to the socket. */
interface Run {
  readonly slab: Slab;
  readonly from: number;
  readonly to: number;
}

/** One pool for all connections of a thread. */
const SLABS = new SlabPool();

/**
 * Replies on their way out. They are written one behind the other into a slab, and `flush` hands all that
 * came together to the socket in one write. A slab is used again when the socket has taken all of it.
 *
 * A reply that is ready later owns its region meanwhile: `detach` cuts it out of what is flushed, `attach`
 * puts it in line when it is done. The order of replies means nothing in NBD.
 */
export class Outbox {
  readonly #sink: OutboxSink;
  readonly #onTaken: () => void;
  #current: Slab | undefined;
  #waiting: Run[] = [];
  readonly #handed: Run[] = [];
  #waitingBytes = 0;

  /** `onTaken` is called whenever the socket has taken something: there may be room again. */
  constructor(sink: OutboxSink, onTaken: () => void) {
    this.#sink = sink;
    this.#onTaken = onTaken;
  }

  /** Bytes of finished replies that are not with the socket. */
  get unsentBytes(): number {
    return this.#waitingBytes + (this.#current === undefined ? 0 : this.#current.at - this.#current.from);
  }

  /** A slab with room for `bytes` from its `at` on; what is written there is sent once `at` has moved behind it. */
  room(bytes: number): Slab {
    const current = this.#current;
    if (current !== undefined) {
      if (current.at + bytes <= current.buffer.length) return current;
      this.#retire(current);
    }
    this.#current = SLABS.take(Math.max(bytes, SLAB_BYTES));
    return this.#current;
  }

  /** Gives the next `bytes` of the slab that `room` returned to a reply that is not ready yet. */
  detach(slab: Slab, bytes: number): Region {
    this.#queue(slab);
    const region = { slab, from: slab.at };
    slab.at += bytes;
    slab.from = slab.at;
    slab.users += 1;
    return region;
  }

  /** Puts the first `bytes` of a region in line for the next flush; 0 drops it. */
  attach(region: Region, bytes: number): void {
    if (bytes === 0) this.#leave(region.slab);
    else this.#push({ slab: region.slab, from: region.from, to: region.from + bytes });
  }

  /** Hands over all finished replies. */
  flush(): void {
    if (this.#current !== undefined) this.#queue(this.#current);
    const runs = this.#waiting;
    if (runs.length === 0) return;
    this.#waiting = [];
    this.#waitingBytes = 0;
    if (runs.length > 1) this.#sink.cork();
    for (const run of runs) {
      this.#handed.push(run);
      this.#sink.write(run.slab.buffer.subarray(run.from, run.to), this.#written);
    }
    if (runs.length > 1) this.#sink.uncork();
  }

  readonly #written = (): void => {
    const run = this.#handed.shift();
    if (run === undefined) return;
    this.#leave(run.slab);
    this.#onTaken();
  };

  /** What is finished in `slab` becomes a run. */
  #queue(slab: Slab): void {
    if (slab.at === slab.from) return;
    slab.users += 1;
    this.#push({ slab, from: slab.from, to: slab.at });
    slab.from = slab.at;
  }

  /** The use of the slab goes over to the run. */
  #push(run: Run): void {
    this.#waiting.push(run);
    this.#waitingBytes += run.to - run.from;
  }

  #retire(slab: Slab): void {
    this.#queue(slab);
    this.#current = undefined;
    if (slab.users === 0) SLABS.give(slab);
  }

  #leave(slab: Slab): void {
    slab.users -= 1;
    if (slab.users > 0) return;
    if (slab === this.#current) {
      if (slab.at !== slab.from) return;
      this.#current = undefined;
    }
    SLABS.give(slab);
  }
}
