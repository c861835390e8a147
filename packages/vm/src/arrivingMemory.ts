import { setTimeout as wait } from 'node:timers/promises';
import { type GodwitError, toGodwitError } from '@godwit/errors';
import { type BlockMap, type LiveImage, takeInTurns } from '@godwit/image';
import type { Range } from '@godwit/qemu';

/** Between looks at what lanes have written. What is rewritten within it is stored once. */
const LOOK_MS = 200;
const BITS = 32;

export interface MemoryParts {
  readonly image: LiveImage;
  /** Blocks of it that were written, and that the guest's file does not show yet. */
  readonly received: BlockMap;
  /** The guest's file shows of these ranges what the image holds. */
  readonly store: (ranges: readonly Range[]) => Promise<void>;
  /** LOOK_MS unless given. */
  readonly lookMs?: number;
}

/**
 * Brings what arrives of a guest's memory into the page cache of the file that its QEMU maps, while it arrives: a guest that goes on waits for
 * no page then. Of what is written again after that the cache would hold something older, so nothing may be left when the guest reads.
 */
export class ArrivingMemory {
  readonly #parts: MemoryParts;
  readonly #stop = new AbortController();
  /** What the stores so far came to. Never rejects. */
  readonly #following: Promise<GodwitError | undefined>;

  /** Marks what is there already as received, and follows what comes. */
  constructor(parts: MemoryParts) {
    this.#parts = parts;
    const { image, received } = parts;
    for (const { offset, length } of image.file.dataRanges(0, image.size)) {
      const first = Math.floor(offset / image.blockBytes);
      received.setRange(first, Math.ceil((offset + length) / image.blockBytes) - first);
    }
    this.#following = this.#follow();
  }

  /**
   * Once no lane writes any more: the file shows what the image holds.
   *
   * @throws GodwitError E_RAM_FILE; then it may not
   */
  async settle(): Promise<void> {
    const failure = await this.end();
    if (failure !== undefined) throw failure;
    await this.#storeReceived();
  }

  /** Follows no more; resolves with what it failed with, if it did. */
  end(): Promise<GodwitError | undefined> {
    this.#stop.abort();
    return this.#following;
  }

  async #follow(): Promise<GodwitError | undefined> {
    const { signal } = this.#stop;
    const { lookMs = LOOK_MS } = this.#parts;
    try {
      while (!signal.aborted) {
        await this.#storeReceived();
        await wait(lookMs, undefined, { signal }).catch(() => undefined);
      }
      return undefined;
    } catch (error) {
      return toGodwitError(error);
    }
  }

  async #storeReceived(): Promise<void> {
    const { image, received, store } = this.#parts;
    const ranges: { offset: number; length: number }[] = [];
    await takeInTurns(received, (word, bits) => {
      for (let left = bits; left !== 0; left &= left - 1) {
        const block = word * BITS + 31 - Math.clz32(left & -left);
        const offset = block * image.blockBytes;
        const last = ranges.at(-1);
        if (last !== undefined && last.offset + last.length === offset) last.length += image.blockBytes;
        else ranges.push({ offset, length: image.blockBytes });
      }
    });
    if (ranges.length > 0) await store(ranges);
  }
}
