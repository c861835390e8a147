/** Room that is kept when the queue is empty, bytes: the handshake of a common client. */
const KEPT_BYTES = 4096;

/**
 * Bytes received and not parsed yet, for the handshake: few and small, so all are copied. Grows to twice what it
 * holds at most; who uses it sees to it that messages have a limit.
 */
export class ByteQueue {
  #bytes = Buffer.alloc(KEPT_BYTES);
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  push(chunk: Uint8Array): void {
    if (this.#end + chunk.length > this.#bytes.length) this.#makeRoom(chunk.length);
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** What is queued, as a view that holds until the next call of another method. */
  view(): Buffer {
    return this.#bytes.subarray(this.#start, this.#end);
  }

  /** A copy of the first bytes, which are removed; they must be there. */
  take(bytes: number): Buffer {
    const taken = Buffer.from(this.view().subarray(0, bytes));
    this.drop(bytes);
    return taken;
  }

  drop(bytes: number): void {
    this.#start += bytes;
    if (this.#start < this.#end) return;
    this.#start = 0;
    this.#end = 0;
    if (this.#bytes.length > KEPT_BYTES) this.#bytes = Buffer.alloc(KEPT_BYTES);
  }

  #makeRoom(bytes: number): void {
    const needed = this.length + bytes;
    const roomy = needed <= this.#bytes.length / 2;
    const target = roomy ? this.#bytes : Buffer.alloc(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(target, 0, this.#start, this.#end);
    this.#end = this.length;
    this.#start = 0;
    this.#bytes = target;
  }
}
