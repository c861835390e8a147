import type { BlockRun, LaneImage } from './laneImage.js';

/**
 * What is read, hashed and sent at a time. Small enough that the bytes are still in the processor's second-level
 * cache at each of these steps, large enough that the cost of a frame does not show: 1 MiB cost 20% more processor
 * time for a byte than 128 KiB, 64 KiB no less than it (ARCHITECTURE.md, "Every byte").
 */
export const PIECE_BYTES = 128 * 1024;

/** Cuts a run into pieces of whole blocks. */
export function* piecesOf(image: LaneImage, run: BlockRun): Generator<BlockRun> {
  const step = Math.max(1, PIECE_BYTES / image.maps.blockBytes);
  const end = run.firstBlock + run.blocks;
  for (let block = run.firstBlock; block < end; block += step) yield image.run(block, Math.min(step, end - block));
}

/** The runs of zero blocks that a pass meets, joined with their neighbours: one frame for a stretch of them. */
export class ZeroStretch {
  readonly #put: (image: LaneImage, run: BlockRun) => Promise<void>;
  #image: LaneImage | undefined;
  #firstBlock = 0;
  #blocks = 0;

  /** `put` is given each stretch once. */
  constructor(put: (image: LaneImage, run: BlockRun) => Promise<void>) {
    this.#put = put;
  }

  /** Adds a run behind those that were added before. */
  async add(image: LaneImage, { firstBlock, blocks }: BlockRun): Promise<void> {
    if (this.#image !== image || firstBlock !== this.#firstBlock + this.#blocks) {
      await this.end();
      this.#image = image;
      this.#firstBlock = firstBlock;
    }
    this.#blocks += blocks;
  }

  /** Puts what is left. */
  async end(): Promise<void> {
    const [image, blocks] = [this.#image, this.#blocks];
    if (image === undefined) return;
    this.#image = undefined;
    this.#blocks = 0;
    await this.#put(image, image.run(this.#firstBlock, blocks));
  }
}
