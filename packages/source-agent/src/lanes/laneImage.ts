import { type BlockMap, type ImageHandle, ImageMaps, RawFile, Wake } from '@godwit/image';
import { ColdStretches } from '../rounds/coldStretches.js';
import { REGION_BYTES } from '../rounds/workList.js';

/** Stretches that a lane is in at a time: others are a region or two behind it, and would read again what is dropped too soon. */
const LANES_LAG = 2;

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
  readonly #wake = new Wake((offset, length) => this.#letGo(offset, length), LANES_LAG);
  readonly #cold: ColdStretches;
  /** The last region that this lane, or the next one, was to read. */
  #awaited = -1;
  #holeFrom = 0;
  #holeUntil = 0;

  /** Nothing counts as cold unless `cold` says so. */
  constructor(index: number, handle: ImageHandle, cold: SharedArrayBuffer = new SharedArrayBuffer(0)) {
    this.index = index;
    this.#cold = new ColdStretches(cold);
    this.maps = ImageMaps.attach(handle);
    // Another file may have been put in its place since, and is nothing to send.
    this.file = RawFile.open(handle.path, 'r', { identity: handle.file, followsLinks: true });
  }

  /** All or none: where the last cannot be opened, none is left open. */
  static openAll(handles: readonly ImageHandle[], cold: readonly SharedArrayBuffer[] = []): LaneImage[] {
    const images: LaneImage[] = [];
    try {
      for (const [index, handle] of handles.entries()) images.push(new LaneImage(index, handle, cold[index]));
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

  /**
   * A region will be read soon. Behind a hole the kernel does not know yet that the next MiB is wanted, and finds out by one
   * short read after the other; a region that follows the last one it reads ahead by itself.
   */
  awaits(region: number): void {
    if (region !== this.#awaited + 1 && region !== this.#awaited)
      this.file.startReading(region * REGION_BYTES, REGION_BYTES);
    this.#awaited = region;
  }

  /** A region was read for the last time: what this migration alone has put into the page cache is dropped, some way behind. */
  leave(region: number): void {
    this.#wake.passed(region * REGION_BYTES);
  }

  /** All that was to be read has been. */
  endLeaving(): void {
    this.#wake.end();
  }

  #letGo(offset: number, length: number): void {
    if (this.#cold.isOurs(offset, this.maps)) this.file.dropCached(offset, length);
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
