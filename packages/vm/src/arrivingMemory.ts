import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from '@godwit/agent';
import { type GodwitError, toGodwitError } from '@godwit/errors';
import { BlockMap, type LiveImage } from '@godwit/image';
import type { Range } from '@godwit/qemu';

/** Between looks at what lanes have written. What is rewritten within it is stored once. */
const LOOK_MS = 200;
const BITS = 32;
/** What is stored in one go: some 30 ms, for which the guest would be waited for. */
const BATCH_BYTES = 64 * 1024 * 1024;
const BATCH_RANGES = 4096;

export interface MemoryParts {
  readonly image: LiveImage;
  /** Blocks of it that were written and not stored since. */
  readonly received: BlockMap;
  /** The guest's file shows of these ranges what the image holds. */
  readonly store: (ranges: readonly Range[]) => Promise<void>;
  readonly logger: Pick<Logger, 'warn'>;
  /** LOOK_MS unless given. */
  readonly lookMs?: number;
}

interface Batch {
  readonly ranges: { offset: number; length: number }[];
  bytes: number;
}

/**
 * Brings what arrives of a guest's memory into the page cache of the file that its QEMU maps, while it arrives: a guest that goes on waits for
 * no page then. Of what is written again the cache would hold something older; that is stored anew before the guest reads. What was
 * never stored is in no cache, for nobody reads a memory before it has arrived.
 */
export class ArrivingMemory {
  readonly #parts: MemoryParts;
  /** What the file may show: whatever a store was begun of. */
  readonly #shown: BlockMap;
  readonly #stop = new AbortController();
  /** What the last try came to. Never rejects. */
  readonly #following: Promise<GodwitError | undefined>;

  constructor(parts: MemoryParts) {
    this.#parts = parts;
    this.#shown = BlockMap.create(parts.received.blocks);
    this.#following = this.#follow();
  }

  /**
   * Once no lane writes any more: the file shows what the image holds. What it never showed is left out where it is much: the guest
   * stands still.
   *
   * @throws GodwitError E_RAM_FILE; then it may show something older
   */
  async settle(): Promise<void> {
    await this.end();
    const isMuch = this.#parts.received.count() * this.#parts.image.blockBytes > BATCH_BYTES;
    await this.#storeReceived({ shownAlone: isMuch });
  }

  /** Follows no more; resolves with what it failed with last, if it did. */
  end(): Promise<GodwitError | undefined> {
    this.#stop.abort();
    return this.#following;
  }

  async #follow(): Promise<GodwitError | undefined> {
    const { signal } = this.#stop;
    const { lookMs = LOOK_MS, logger, image } = this.#parts;
    let failure: GodwitError | undefined;
    while (!signal.aborted) {
      try {
        await this.#storeReceived({ signal });
        failure = undefined;
      } catch (error) {
        if (failure === undefined) {
          logger.warn(
            { image: image.name, reason: toGodwitError(error).message },
            'memory is not stored where it will be read',
          );
        }
        failure = toGodwitError(error);
      }
      await wait(lookMs, undefined, { signal }).catch(() => undefined);
    }
    return failure;
  }

  async #storeReceived({ signal, shownAlone = false }: { signal?: AbortSignal; shownAlone?: boolean }): Promise<void> {
    const { received } = this.#parts;
    let batch: Batch = { ranges: [], bytes: 0 };
    for (let slice = received.nextSlice(0); slice < received.slices; slice = received.nextSlice(slice + 1)) {
      if (signal?.aborted === true) break;
      received.takeSome(slice, slice + 1, (word, bits) => {
        this.#add(batch, word, shownAlone ? bits & this.#shown.loadWord(word) : bits);
      });
      if (batch.bytes < BATCH_BYTES && batch.ranges.length < BATCH_RANGES) continue;
      await this.#store(batch);
      batch = { ranges: [], bytes: 0 };
    }
    await this.#store(batch);
  }

  #add(batch: Batch, word: number, bits: number): void {
    const { blockBytes } = this.#parts.image;
    for (let left = bits; left !== 0; left &= left - 1) {
      const offset = (word * BITS + 31 - Math.clz32(left & -left)) * blockBytes;
      const last = batch.ranges.at(-1);
      if (last !== undefined && last.offset + last.length === offset) last.length += blockBytes;
      else batch.ranges.push({ offset, length: blockBytes });
      batch.bytes += blockBytes;
    }
  }

  /** What fails is marked again. */
  async #store({ ranges }: Batch): Promise<void> {
    const { store, received, image } = this.#parts;
    if (ranges.length === 0) return;
    const mark = (map: BlockMap) => {
      for (const { offset, length } of ranges) map.setRange(offset / image.blockBytes, length / image.blockBytes);
    };
    mark(this.#shown);
    try {
      await store(ranges);
    } catch (error) {
      mark(received);
      throw error;
    }
  }
}
