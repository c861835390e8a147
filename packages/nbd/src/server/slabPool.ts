/** Room for the replies of a few batches of small requests, or for one 128 KiB read; stays in a second-level cache. */
export const SLAB_BYTES = 256 * 1024;
/** What a thread keeps for all its connections while nothing needs it: a client of the proxy with 16 reads of 1 MiB under way has 20 MiB. */
const KEPT_BYTES = 32 * 1024 * 1024;

/** A piece of memory that replies are written into from its start on. Whoever takes it owns it until it is given back. */
export interface Slab {
  readonly buffer: Buffer;
  /** Where the next reply goes. */
  at: number;
  /** Start of what was not yet handed to the socket. */
  from: number;
  /** Runs that the socket has not taken yet, and regions that a read still fills. */
  users: number;
}

/**
 * Slabs that are in no use, for all connections of a thread: an idle connection holds none, and the next
 * batch, whosever it is, finds one that the processor's cache still knows.
 */
export class SlabPool {
  readonly #small: Slab[] = [];
  readonly #large: Slab[] = [];
  #keptBytes = 0;

  /** One with at least `bytes` of room, empty. */
  take(bytes: number): Slab {
    const list = bytes <= SLAB_BYTES ? this.#small : this.#large;
    for (let index = list.length - 1; index >= 0; index--) {
      const slab = list[index];
      if (slab === undefined || slab.buffer.length < bytes) continue;
      list.splice(index, 1);
      this.#keptBytes -= slab.buffer.length;
      return slab;
    }
    const capacity = Math.ceil(bytes / SLAB_BYTES) * SLAB_BYTES;
    return { buffer: Buffer.allocUnsafeSlow(capacity), at: 0, from: 0, users: 0 };
  }

  /** Takes back what nobody uses any more. */
  give(slab: Slab): void {
    if (this.#keptBytes + slab.buffer.length > KEPT_BYTES) return;
    slab.at = 0;
    slab.from = 0;
    slab.users = 0;
    this.#keptBytes += slab.buffer.length;
    const list = slab.buffer.length <= SLAB_BYTES ? this.#small : this.#large;
    list.push(slab);
  }
}
