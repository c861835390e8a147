import { endianness } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { faultPoint } from '@godwit/faults';
import type { RateLimiter } from '@godwit/transport';
import { REGION_BYTES, type WorkItem } from '../rounds/workList.js';
import type { ExtentEncoder } from './extentEncoder.js';
import type { LaneCounters } from './laneCounters.js';
import type { BlockRun, LaneImage } from './laneImage.js';
import { HEAD_ESTIMATE_BYTES, type LaneOutlet } from './laneOutlet.js';
import { CHECK_ZERO_WEIGHT } from './laneWindow.js';
import { piecesOf, ZeroStretch } from './pieces.js';
import { ScrubPace } from './scrubPace.js';
import type { Slots } from './slots.js';
import { zeroRuns } from './zeroRuns.js';

export interface CheckParts {
  readonly counters: LaneCounters;
  /** A check while the workload runs: behind others at the disks, and behind its own cap. */
  readonly scrub: { readonly limiter: RateLimiter | undefined } | undefined;
  readonly encoder: ExtentEncoder;
  readonly outlet: LaneOutlet;
  readonly slots: Slots;
}

/** Reads blocks again and sends their digests, for the destination to compare with its own. Step 10 of a byte's path. */
export class CheckPass {
  readonly #parts: CheckParts;
  /** The destination proves zeros by asking for holes: neither side hashes them. */
  readonly #zeros = new ZeroStretch((image, run) => this.#zero(image, run));
  readonly #background: { readonly background?: true };
  readonly #pace: ScrubPace | undefined;
  #digests: BigUint64Array<ArrayBuffer> = new BigUint64Array(0);
  /** Blocks in `#digests`, and the first of them. */
  #count = 0;
  #firstBlock = 0;

  constructor(parts: CheckParts) {
    this.#parts = parts;
    this.#background = parts.scrub === undefined ? {} : { background: true };
    this.#pace = parts.scrub === undefined ? undefined : new ScrubPace();
  }

  /** Checks what is being checked of an item's regions. */
  async item(image: LaneImage, item: WorkItem): Promise<void> {
    if (item.hole) {
      await this.#hole(image, item);
      return;
    }
    for (let region = item.firstRegion; region < item.firstRegion + item.regions; region++) {
      await this.#runs(image, image.runs(image.maps.checking, region));
    }
    await this.#zeros.end();
  }

  /** Checks runs that this lane has just sent. */
  async behind(image: LaneImage, runs: readonly BlockRun[]): Promise<void> {
    for (const { firstBlock, blocks } of runs) {
      image.maps.checking.setRange(firstBlock, blocks);
      image.maps.unproven.clearRange(firstBlock, blocks);
    }
    await this.#runs(image, runs);
    await this.#zeros.end();
  }

  async #runs(image: LaneImage, runs: Iterable<BlockRun>): Promise<void> {
    for (const run of runs) {
      for (const piece of piecesOf(image, run)) await this.#piece(image, piece);
      await this.#sendDigests(image);
    }
  }

  /** What has data since the check was planned is left to the next one: a long hole has no bits here. */
  async #hole(image: LaneImage, { firstRegion, regions }: WorkItem): Promise<void> {
    const { maps, file } = image;
    const end = Math.min(maps.blocks, ((firstRegion + regions) * REGION_BYTES) / maps.blockBytes);
    for (let block = (firstRegion * REGION_BYTES) / maps.blockBytes; block < end; ) {
      const next = file.nextData(block * maps.blockBytes);
      const data = next >= maps.size ? end : Math.min(end, Math.floor(next / maps.blockBytes));
      if (data > block) await this.#zero(image, image.run(block, data - block));
      if (data < end) {
        maps.unproven.setRange(data, 1);
        maps.checking.clearRange(data, 1);
      }
      block = data + 1;
    }
  }

  async #piece(image: LaneImage, piece: BlockRun): Promise<void> {
    const { slots, encoder } = this.#parts;
    const slot = await slots.acquire();
    try {
      const bytes = slot.raw.subarray(0, piece.length);
      await this.#mayRead(piece.length);
      await this.#read(image, bytes, piece.offset);
      const { blockBytes } = image.maps;
      for (const { zero, first, count } of zeroRuns(bytes, blockBytes)) {
        const firstBlock = piece.firstBlock + first;
        if (zero) {
          await this.#sendDigests(image);
          await this.#zeros.add(image, image.run(firstBlock, count));
          continue;
        }
        for (let block = first; block < first + count; block++) {
          const digest = encoder.digest(bytes.subarray(block * blockBytes, (block + 1) * blockBytes));
          this.#keep(piece.firstBlock + block, digest, image);
        }
      }
    } finally {
      slots.release(slot);
    }
  }

  async #read(image: LaneImage, bytes: Buffer, offset: number): Promise<void> {
    const startedMs = performance.now();
    faultPoint('source.lane.check');
    image.file.readWhenIdleSync(bytes, offset, this.#pace !== undefined);
    if (this.#pace !== undefined) await this.#rest(this.#pace.restAfter(performance.now() - startedMs, image.maps));
  }

  /** The destination reads as much, so one cap holds on each side. */
  async #mayRead(bytes: number): Promise<void> {
    await this.#rest(this.#parts.scrub?.limiter?.reserve(bytes) ?? 0);
  }

  async #rest(delayMs: number): Promise<void> {
    if (delayMs === 0) return;
    const since = performance.now();
    await wait(delayMs);
    this.#parts.counters.add('scrubWaitMs', Math.round(performance.now() - since));
  }

  #keep(block: number, digest: bigint, image: LaneImage): void {
    if (this.#count === 0) {
      // A payload of its own: the socket may still need the last one.
      this.#digests = new BigUint64Array(REGION_BYTES / image.maps.blockBytes);
      this.#firstBlock = block;
    }
    this.#digests[this.#count] = digest;
    this.#count += 1;
  }

  /** One frame for the digests of adjacent blocks; runs end with their region, so they are never too many. */
  async #sendDigests(image: LaneImage): Promise<void> {
    if (this.#count === 0) return;
    const run = image.run(this.#firstBlock, this.#count);
    const payload = littleEndian(this.#digests.subarray(0, this.#count));
    this.#count = 0;
    await this.#parts.outlet.put({
      type: 'Check',
      kind: 'check',
      image,
      run,
      header: (seq) => ({ seq, image: image.index, offset: run.offset, length: run.length, ...this.#background }),
      payload,
    });
  }

  async #zero(image: LaneImage, run: BlockRun): Promise<void> {
    await this.#parts.outlet.put({
      type: 'CheckZero',
      kind: 'check',
      image,
      run,
      header: (seq) => ({ seq, image: image.index, offset: run.offset, length: run.length }),
      weightBytes: HEAD_ESTIMATE_BYTES + Math.ceil(run.length / CHECK_ZERO_WEIGHT),
    });
  }
}

/** The bytes of digests as they travel. */
function littleEndian(digests: BigUint64Array): Uint8Array {
  const bytes = Buffer.from(digests.buffer, digests.byteOffset, digests.byteLength);
  return endianness() === 'LE' ? bytes : bytes.swap64();
}
