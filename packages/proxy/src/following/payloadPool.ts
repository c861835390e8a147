/** The least memory for a payload, bytes: those of 4 KiB and less share it. */
const LEAST_BYTES = 4096;

/**
 * Memory for the payloads of requests that are held. New memory for each would cost more than all else that the proxy
 * does: Node counts what lies outside the heap, and collects all of it after some 32 MiB.
 */
export class PayloadPool {
  readonly #keptBytesMaximum: number;
  /** By length, which is a power of two. */
  readonly #free = new Map<number, Uint8Array[]>();
  #keptBytes = 0;

  /** @param keptBytesMaximum what may lie here while nobody uses it */
  constructor(keptBytesMaximum: number) {
    this.#keptBytesMaximum = keptBytesMaximum;
  }

  /** At least so many bytes, with whatever was in them. */
  take(bytes: number): Uint8Array {
    const length = Math.max(LEAST_BYTES, 2 ** Math.ceil(Math.log2(bytes)));
    const kept = this.#free.get(length)?.pop();
    if (kept === undefined) return Buffer.allocUnsafeSlow(length);
    this.#keptBytes -= length;
    return kept;
  }

  /** Takes back what `take` gave and nobody looks at any more. */
  give(room: Uint8Array): void {
    if (this.#keptBytes + room.length > this.#keptBytesMaximum) return;
    this.#keptBytes += room.length;
    const same = this.#free.get(room.length);
    if (same === undefined) this.#free.set(room.length, [room]);
    else same.push(room);
  }
}
