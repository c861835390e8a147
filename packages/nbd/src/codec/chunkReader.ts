/** The longest head that is read in one piece, bytes: a request. */
const HEAD_BYTES_MAXIMUM = 28;
/** Room for payloads that is kept for the next one; larger ones are rare and get a buffer each. */
const REUSED_BYTES_MAXIMUM = 4 * 1024 * 1024;
const ROOMS = 2;
/** The least room made for a payload, so that those of 4 KiB and 64 KiB share it. */
const ROOM_BYTES_MINIMUM = 64 * 1024;
/** With less than this to come a read of its own would cost more than the copy. */
const TARGET_BYTES_MINIMUM = 64 * 1024;
const NO_BYTES = Buffer.alloc(0);

/**
 * Takes heads and payloads out of a stream of chunks for the parsers of the transmission phase: without a copy
 * where they lie in the chunk as a whole, collected where they do not.
 *
 * When a call found too little, all of the chunk was taken over and its memory may be used again.
 */
export class ChunkReader {
  /** Where `head()` gave an offset into; holds until the next call. */
  view: DataView<ArrayBufferLike> = new DataView(NO_BYTES.buffer);
  #chunk: Buffer = NO_BYTES;
  #chunkView: DataView<ArrayBufferLike> = this.view;
  #at = 0;
  readonly #scratch = Buffer.from(new ArrayBuffer(HEAD_BYTES_MAXIMUM));
  readonly #scratchView = new DataView(this.#scratch.buffer);
  #gathered = 0;
  /** The payload being collected: its room, its length and how much of it is there. */
  #room: Buffer | undefined;
  #roomBytes = 0;
  #filled = 0;
  /** Room of the payload that was given out since the last push. */
  #lent: Buffer | undefined;
  /** Room that is free. Two take turns: the next payload begins while the last one is looked at. */
  readonly #spare: Buffer[] = [];

  /**
   * Ends the life of what `payload()` gave. What is left of the last chunk, if the calls since did not find too
   * little, is copied in front of this one.
   */
  push(chunk: Uint8Array): void {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const left = this.#at < this.#chunk.length;
    this.#chunk = left ? Buffer.concat([this.#chunk.subarray(this.#at), bytes]) : bytes;
    this.#at = 0;
    if (this.#chunkView.buffer !== this.#chunk.buffer) this.#chunkView = new DataView(this.#chunk.buffer);
    this.#takeBack();
  }

  /** Takes the next `bytes` as a whole: their offset in `view`, or -1 as long as there are fewer. */
  head(bytes: number): number {
    if (this.#gathered > 0 || this.#chunk.length - this.#at < bytes) return this.#gatherHead(bytes);
    const position = this.#chunk.byteOffset + this.#at;
    this.#at += bytes;
    this.view = this.#chunkView;
    return position;
  }

  /** Takes the next `bytes`, or undefined as long as there are fewer: call again with the same number. */
  payload(bytes: number): Buffer | undefined {
    if (this.#room === undefined) {
      const end = this.#at + bytes;
      if (end <= this.#chunk.length) {
        const whole = this.#chunk.subarray(this.#at, end);
        this.#at = end;
        return whole;
      }
      this.#room = this.#makeRoom(bytes);
      this.#roomBytes = bytes;
      this.#filled = 0;
    }
    const taken = Math.min(this.#roomBytes - this.#filled, this.#chunk.length - this.#at);
    this.#chunk.copy(this.#room, this.#filled, this.#at, this.#at + taken);
    this.#at += taken;
    this.#filled += taken;
    return this.#filled === this.#roomBytes ? this.#handOut(this.#room) : undefined;
  }

  /** Where the stream may be read straight into: the rest of the payload being collected, when that is worth it. */
  target(): Buffer | undefined {
    if (this.#room === undefined || this.#roomBytes - this.#filled < TARGET_BYTES_MINIMUM) return undefined;
    return this.#room.subarray(this.#filled, this.#roomBytes);
  }

  /** So many bytes were read into `target()`. In place of a push: ends the life of what `payload()` gave. */
  filled(bytes: number): void {
    this.#filled += bytes;
    this.#takeBack();
  }

  #gatherHead(bytes: number): number {
    const taken = Math.min(bytes - this.#gathered, this.#chunk.length - this.#at);
    this.#chunk.copy(this.#scratch, this.#gathered, this.#at, this.#at + taken);
    this.#at += taken;
    this.#gathered += taken;
    if (this.#gathered < bytes) return -1;
    this.#gathered = 0;
    this.view = this.#scratchView;
    return 0;
  }

  #handOut(room: Buffer): Buffer {
    this.#room = undefined;
    if (room.length <= REUSED_BYTES_MAXIMUM) this.#lent = room;
    return room.subarray(0, this.#roomBytes);
  }

  #takeBack(): void {
    if (this.#lent === undefined) return;
    this.#spare.push(this.#lent);
    this.#lent = undefined;
    if (this.#spare.length <= ROOMS) return;
    const least = Math.min(...this.#spare.map((room) => room.length));
    this.#spare.splice(
      this.#spare.findIndex((room) => room.length === least),
      1,
    );
  }

  #makeRoom(bytes: number): Buffer {
    const fitting = this.#spare.findIndex((room) => room.length >= bytes);
    const [spare] = fitting < 0 ? [] : this.#spare.splice(fitting, 1);
    if (spare !== undefined) return spare;
    // A power of two, so that payloads of about the same length share it.
    const wanted = 2 ** Math.ceil(Math.log2(bytes));
    return Buffer.allocUnsafeSlow(bytes > REUSED_BYTES_MAXIMUM ? bytes : Math.max(ROOM_BYTES_MINIMUM, wanted));
  }
}
