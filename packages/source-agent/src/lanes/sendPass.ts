import { faultPoint } from '@godwit/faults';
import { Encoding } from '@godwit/protocol';
import type { WorkItem } from '../rounds/workList.js';
import type { EncodingChoice } from './encodingChoice.js';
import type { ExtentEncoder } from './extentEncoder.js';
import type { LaneCounters } from './laneCounters.js';
import type { BlockRun, LaneImage } from './laneImage.js';
import type { LaneOutlet } from './laneOutlet.js';
import { piecesOf, ZeroStretch } from './pieces.js';
import type { Slot, Slots } from './slots.js';
import { zeroRuns } from './zeroRuns.js';

export interface SendParts {
  readonly encoder: ExtentEncoder;
  readonly choice: EncodingChoice;
  readonly counters: LaneCounters;
  readonly outlet: LaneOutlet;
  readonly slots: Slots;
}

/** Sends in-flight blocks: reads them, cuts zeros out, hashes and encodes the rest. Steps 4 and 5 of a byte's path. */
export class SendPass {
  readonly #parts: SendParts;
  readonly #round: number;
  readonly #zeros = new ZeroStretch((image, run) => this.#zero(image, run));

  constructor(parts: SendParts, round: number) {
    this.#parts = parts;
    this.#round = round;
  }

  /** Sends what is in flight of an item's regions. */
  async item(image: LaneImage, { firstRegion, regions }: WorkItem): Promise<void> {
    for (let region = firstRegion; region < firstRegion + regions; region++) {
      await this.runs(image, image.runs(image.maps.inFlight, region));
    }
    await this.end();
  }

  /** Sends runs of blocks; zeros may be held back until `end`. */
  async runs(image: LaneImage, runs: Iterable<BlockRun>): Promise<void> {
    for (const run of runs) {
      if (image.isHole(run.offset, run.length)) await this.#zeros.add(image, run);
      else await this.#data(image, run);
    }
  }

  /** Sends what was held back. */
  end(): Promise<void> {
    return this.#zeros.end();
  }

  async #data(image: LaneImage, run: BlockRun): Promise<void> {
    for (const piece of piecesOf(image, run)) await this.#piece(image, piece);
  }

  async #piece(image: LaneImage, piece: BlockRun): Promise<void> {
    const { slots } = this.#parts;
    const slot = await slots.acquire();
    try {
      const bytes = slot.raw.subarray(0, piece.length);
      // Not for holes: what is known of them may be older than a write that is absorbed.
      image.maps.absorb(piece.firstBlock, piece.blocks);
      faultPoint('source.lane.read');
      image.file.readSync(bytes, piece.offset);
      const { blockBytes } = image.maps;
      for (const part of zeroRuns(bytes, blockBytes)) {
        const run = image.run(piece.firstBlock + part.first, part.count);
        const start = part.first * blockBytes;
        if (part.zero) await this.#zeros.add(image, run);
        else await this.#extent(image, run, slot, bytes.subarray(start, start + run.length));
      }
    } finally {
      slots.release(slot);
    }
  }

  async #extent(image: LaneImage, run: BlockRun, slot: Slot, raw: Uint8Array): Promise<void> {
    const { encoder, choice, counters, outlet, slots } = this.#parts;
    const extent = encoder.encode(raw, slot.encoded.subarray(slot.encodedBytes), choice.compress);
    if (extent.payload.buffer === slot.encoded.buffer) slot.encodedBytes += extent.payload.length;
    if (extent.compressMs > 0) choice.compressed(raw.length, extent.compressMs);
    const { encoding, hashLow, hashHigh } = extent;
    slot.users += 1;
    const seq = await outlet.put({
      type: 'Extent',
      kind: 'send',
      image,
      run,
      header: (seq) => ({
        seq,
        round: this.#round,
        image: image.index,
        offset: run.offset,
        rawBytes: raw.length,
        encoding,
        hashLow,
        hashHigh,
      }),
      payload: extent.payload,
      onFlushed: () => slots.release(slot),
    });
    counters.add('normalBytes', raw.length);
    if (encoding === Encoding.lz4) counters.add('lz4Bytes', raw.length);
    choice.sent(seq, raw.length);
  }

  async #zero(image: LaneImage, run: BlockRun): Promise<void> {
    const { counters, outlet } = this.#parts;
    await outlet.put({
      type: 'Zero',
      kind: 'send',
      image,
      run,
      header: (seq) => ({ seq, round: this.#round, image: image.index, offset: run.offset, length: run.length }),
    });
    counters.add('zeroBytes', run.length);
  }
}
