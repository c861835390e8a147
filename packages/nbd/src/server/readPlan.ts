import type { ExportBytes } from '../export.js';

/** Below this a reply of zeros costs less than asking for holes. */
const SHORTEST_READ_BYTES = 32 * 1024;
/** A hole that is shorter than this is read: a chunk of its own costs more than its zeros. */
const SHORTEST_HOLE_BYTES = 16 * 1024;
/** How long a run of data is believed to be one. Being wrong costs zeros that are sent, nothing else. */
const RUN_BELIEVED_MS = 1000;

/** A part of a read. */
export interface ReadPiece {
  readonly offset: number;
  readonly length: number;
  readonly isHole: boolean;
}

/**
 * Which parts of a read are holes, so that their zeros are neither read nor sent. Remembers one run of data, because
 * file systems (tmpfs) look for the end of a run page by page; holes are never remembered.
 */
export class ReadPlanner {
  readonly #bytes: ExportBytes;
  #runFrom = 0;
  #runTo = 0;
  #believedUntil = 0;

  constructor(bytes: ExportBytes) {
    this.#bytes = bytes;
  }

  /** The pieces of a read in order, without gaps; undefined when it is one piece of data. `now` is performance.now(). */
  plan(offset: number, length: number, now: number): ReadPiece[] | undefined {
    if (length < SHORTEST_READ_BYTES || this.#bytes.nextData === undefined) return undefined;
    const end = offset + length;
    if (now < this.#believedUntil && offset >= this.#runFrom && end <= this.#runTo) return undefined;
    const pieces = this.#pieces(offset, end, now);
    return pieces.length === 1 && pieces[0]?.isHole === false ? undefined : pieces;
  }

  /** After this connection has made holes itself. */
  forget(): void {
    this.#believedUntil = 0;
  }

  #pieces(offset: number, end: number, now: number): ReadPiece[] {
    const pieces: ReadPiece[] = [];
    let from = offset;
    let at = offset;
    while (at < end) {
      const data = this.#bytes.nextData?.(at, end) ?? at;
      if (data - at >= SHORTEST_HOLE_BYTES) {
        if (at > from) pieces.push({ offset: from, length: at - from, isHole: false });
        pieces.push({ offset: at, length: data - at, isHole: true });
        from = data;
      }
      at = data < end ? this.#endOfRun(data, now) : end;
    }
    if (from < end) pieces.push({ offset: from, length: end - from, isHole: false });
    return pieces;
  }

  /** The next hole, wherever it is; always behind `data`. */
  #endOfRun(data: number, now: number): number {
    const size = this.#bytes.size;
    const hole = Math.max(this.#bytes.nextHole?.(data, size) ?? size, data + 1);
    const isNear = now < this.#believedUntil && data <= this.#runTo && hole >= this.#runFrom;
    this.#runFrom = isNear ? Math.min(this.#runFrom, data) : data;
    this.#runTo = isNear ? Math.max(this.#runTo, hole) : hole;
    if (!isNear) this.#believedUntil = now + RUN_BELIEVED_MS;
    return hole;
  }
}
