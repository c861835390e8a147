import { type BlockMap, type ImageHandle, ImageMaps, RawFile } from '@godwit/image';
import { REGION_BYTES } from '../rounds/workList.js';

/** A run of blocks of one region, in blocks and in bytes (the image's last block may be short). */
export interface BlockRun {
  readonly firstBlock: number;
  readonly blocks: number;
  readonly offset: number;
  readonly length: number;
}

/** An image as a lane sees it: the shared maps, and a descriptor of this thread's own. */
export class LaneImage {
  readonly index: number;
  readonly maps: ImageMaps;
  readonly file: RawFile;
  #holeFrom = 0;
  #holeUntil = 0;

  constructor(index: number, handle: ImageHandle) {
    this.index = index;
    this.maps = ImageMaps.attach(handle);
    this.file = RawFile.open(handle.path, 'r');
  }

  /** All or none: where the last cannot be opened, none is left open. */
  static openAll(handles: readonly ImageHandle[]): LaneImage[] {
    const images: LaneImage[] = [];
    try {
      for (const [index, handle] of handles.entries()) images.push(new LaneImage(index, handle));
      return images;
    } catch (error) {
      for (const { file } of images) file.closeSync();
      throw error;
    }
  }

  /**
   * Forgets what is known of holes. Called at the start of each pass: what is learnt after blocks were
   * collected holds for them, what was learnt before may not.
   */
  forgetHoles(): void {
    this.#holeFrom = 0;
    this.#holeUntil = 0;
  }

  /** True when the file system says that the range has no data. */
  isHole(offset: number, length: number): boolean {
    if (offset < this.#holeFrom || offset >= this.#holeUntil) {
      this.#holeFrom = offset;
      this.#holeUntil = this.file.nextData(offset);
    }
    return offset + length <= this.#holeUntil;
  }

  /** The runs of set blocks of `map` in a region. */
  *runs(map: BlockMap, region: number): Generator<BlockRun> {
    const blocksPerRegion = REGION_BYTES / this.maps.blockBytes;
    const end = Math.min(this.maps.blocks, (region + 1) * blocksPerRegion);
    for (let block = region * blocksPerRegion; block < end; ) {
      const run = map.nextRun(block, end);
      if (run === undefined) return;
      yield this.run(run.first, run.count);
      block = run.first + run.count;
    }
  }

  run(firstBlock: number, blocks: number): BlockRun {
    const offset = firstBlock * this.maps.blockBytes;
    return { firstBlock, blocks, offset, length: Math.min(this.maps.size - offset, blocks * this.maps.blockBytes) };
  }
}
