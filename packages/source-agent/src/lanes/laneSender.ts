import { setTimeout as wait } from 'node:timers/promises';
import { FRAME_HEAD_BYTES, type Frame, LIMITS } from '@godwit/protocol';
import type { FrameSocket, RateLimiter } from '@godwit/transport';
import { REGION_BYTES, type WorkItem, type WorkKind, type WorkList } from '../rounds/workList.js';
import { EncodingChoice } from './encodingChoice.js';
import type { ExtentEncoder } from './extentEncoder.js';
import type { LaneCounters } from './laneCounters.js';
import type { BlockRun, LaneImage } from './laneImage.js';
import type { Suspect } from './laneMessages.js';
import { CHECK_ZERO_WEIGHT, LaneWindow, type Unacknowledged } from './laneWindow.js';
import { type Slot, Slots } from './slots.js';
import { zeroRuns } from './zeroRuns.js';

/** Protobuf head of an Extent is about 45 bytes; the booking is corrected by nobody, so it is rounded up a little. */
const HEAD_ESTIMATE_BYTES = 48 + FRAME_HEAD_BYTES;

/**
 * Blocks that one lane names as different in one pass. A peer that calls every block different is at the
 * limit of mismatches long before; the rest is checked again.
 */
const SUSPECTS = 4096;

export interface LaneParts {
  readonly images: readonly LaneImage[];
  readonly encoder: ExtentEncoder;
  readonly counters: LaneCounters;
  readonly limiter: RateLimiter | undefined;
  readonly windowBytes: number;
  /** Milliseconds, rising; for the judgement of silence. */
  readonly now?: () => number;
}

/**
 * One lane: claims regions, reads, hashes, encodes, sends; settles maps when acknowledged. Steps 4 to
 * 6 and 9 of a byte's path. Runs in a worker; called by laneWorker, calls FrameSocket.
 */
export class LaneSender {
  readonly #parts: LaneParts;
  readonly #socket: FrameSocket;
  readonly #window: LaneWindow;
  readonly #slots = new Slots();
  readonly #choice = new EncodingChoice();
  #suspects: Suspect[] = [];
  #round = 0;

  constructor(parts: LaneParts, socket: FrameSocket) {
    this.#parts = parts;
    this.#socket = socket;
    this.#window = new LaneWindow(parts.windowBytes, parts.now);
  }

  /** Works through a list with the other lanes; resolves when all that this lane sent is acknowledged. */
  async run(kind: WorkKind, round: number, list: WorkList): Promise<readonly Suspect[]> {
    this.#round = round;
    this.#suspects = [];
    for (const image of this.#parts.images) image.forgetHoles();
    this.#choice.restart();
    for (let item = list.claim(); item !== undefined; item = list.claim()) {
      await (kind === 'send' ? this.#sendItem(item) : this.#checkItem(item));
      // Lets acknowledgements in, and lets compressed buffers outside the heap be freed.
      await new Promise((resolve) => setImmediate(resolve));
    }
    await this.#window.emptied();
    return this.#suspects;
  }

  /** See LaneWindow. */
  get overdueMs(): number {
    return this.#window.overdueMs;
  }

  /** Frames that come back from the destination. */
  receive(frame: Frame): void {
    if (frame.type === 'Ack') {
      this.#window.acknowledge(frame.header.seq, (sent) => this.#settle(sent));
      this.#choice.acknowledged(frame.header.seq);
    } else if (frame.type === 'Nack') this.#window.find(frame.header.seq).nacked = true;
    else if (frame.type === 'CheckResult') this.#window.find(frame.header.seq).different = frame.header.blocks;
  }

  async #sendItem(item: WorkItem): Promise<void> {
    const image = this.#image(item);
    for (let region = item.firstRegion; region < item.firstRegion + item.regions; region++) {
      for (const run of image.runs(image.maps.inFlight, region)) {
        if (image.isHole(run.offset, run.length)) await this.#sendZero(image, run);
        else await this.#sendData(image, run);
      }
    }
  }

  async #sendData(image: LaneImage, run: BlockRun): Promise<void> {
    const slot = await this.#slots.acquire();
    try {
      const bytes = slot.raw.subarray(0, run.length);
      image.file.readSync(bytes, run.offset);
      const { blockBytes } = image.maps;
      for (const part of zeroRuns(bytes, blockBytes)) {
        const partRun = image.run(run.firstBlock + part.first, part.count);
        if (part.zero) await this.#sendZero(image, partRun);
        else
          await this.#sendExtent(
            image,
            partRun,
            slot,
            bytes.subarray(part.first * blockBytes, part.first * blockBytes + partRun.length),
          );
      }
    } finally {
      this.#slots.release(slot);
    }
  }

  async #sendExtent(image: LaneImage, run: BlockRun, slot: Slot, raw: Uint8Array): Promise<void> {
    const extent = this.#parts.encoder.encode(raw, slot.encoded.subarray(slot.encodedBytes), this.#choice.compress);
    if (extent.payload.buffer === slot.encoded.buffer) slot.encodedBytes += extent.payload.length;
    await this.#mayLeave(HEAD_ESTIMATE_BYTES + extent.payload.length);
    const seq = this.#window.nextSeq();
    const before = this.#socket.sentBytes;
    slot.users += 1;
    const more = this.#socket.send(
      'Extent',
      {
        seq,
        round: this.#round,
        image: image.index,
        offset: run.offset,
        rawBytes: raw.length,
        encoding: extent.encoding,
        hashLow: extent.hashLow,
        hashHigh: extent.hashHigh,
      },
      extent.payload,
      () => this.#slots.release(slot),
    );
    this.#sent('send', image, run, seq, this.#socket.sentBytes - before);
    this.#parts.counters.add('normalBytes', raw.length);
    this.#choice.sent(seq, raw.length);
    if (!more) await this.#socket.drained();
  }

  async #sendZero(image: LaneImage, run: BlockRun): Promise<void> {
    await this.#mayLeave(HEAD_ESTIMATE_BYTES);
    const seq = this.#window.nextSeq();
    const before = this.#socket.sentBytes;
    const header = { seq, round: this.#round, image: image.index, offset: run.offset, length: run.length };
    const more = this.#socket.send('Zero', header);
    this.#sent('send', image, run, seq, this.#socket.sentBytes - before);
    this.#parts.counters.add('zeroBytes', run.length);
    if (!more) await this.#socket.drained();
  }

  async #checkItem(item: WorkItem): Promise<void> {
    const image = this.#image(item);
    const offset = item.firstRegion * REGION_BYTES;
    const length = Math.min(image.maps.size - offset, item.regions * REGION_BYTES);
    if (item.hole && image.isHole(offset, length)) {
      await this.#checkZero(
        image,
        image.run(offset / image.maps.blockBytes, Math.ceil(length / image.maps.blockBytes)),
      );
      return;
    }
    for (let region = item.firstRegion; region < item.firstRegion + item.regions; region++) {
      for (const run of image.runs(image.maps.checking, region)) await this.#checkData(image, run);
    }
  }

  async #checkZero(image: LaneImage, run: BlockRun): Promise<void> {
    const weightBytes = HEAD_ESTIMATE_BYTES + Math.ceil(run.length / CHECK_ZERO_WEIGHT);
    await this.#mayLeave(HEAD_ESTIMATE_BYTES, weightBytes);
    const seq = this.#window.nextSeq();
    const before = this.#socket.sentBytes;
    const more = this.#socket.send('CheckZero', { seq, image: image.index, offset: run.offset, length: run.length });
    this.#sent('check', image, run, seq, this.#socket.sentBytes - before, weightBytes);
    if (!more) await this.#socket.drained();
  }

  async #checkData(image: LaneImage, run: BlockRun): Promise<void> {
    const slot = await this.#slots.acquire();
    try {
      const bytes = slot.raw.subarray(0, run.length);
      image.file.readSync(bytes, run.offset);
      const { blockBytes } = image.maps;
      for (const part of zeroRuns(bytes, blockBytes)) {
        const partRun = image.run(run.firstBlock + part.first, part.count);
        const start = part.first * blockBytes;
        // The destination proves zeros by asking for holes: neither side hashes them.
        if (part.zero) await this.#checkZero(image, partRun);
        else await this.#checkDigests(image, partRun, bytes.subarray(start, start + partRun.length));
      }
    } finally {
      this.#slots.release(slot);
    }
  }

  async #checkDigests(image: LaneImage, run: BlockRun, bytes: Uint8Array): Promise<void> {
    const { blockBytes } = image.maps;
    const payload = Buffer.allocUnsafe(run.blocks * 8);
    for (let i = 0; i < run.blocks; i++) {
      const block = bytes.subarray(i * blockBytes, (i + 1) * blockBytes);
      payload.writeBigUInt64LE(this.#parts.encoder.digest(block), i * 8);
    }
    await this.#mayLeave(HEAD_ESTIMATE_BYTES + payload.length);
    const seq = this.#window.nextSeq();
    const before = this.#socket.sentBytes;
    const header = { seq, image: image.index, offset: run.offset, length: run.length };
    const more = this.#socket.send('Check', header, payload);
    this.#sent('check', image, run, seq, this.#socket.sentBytes - before);
    if (!more) await this.#socket.drained();
  }

  /** Waits for the rate cap and for room in the window. */
  async #mayLeave(wireBytes: number, weightBytes = wireBytes): Promise<void> {
    await this.#window.room(weightBytes);
    const delayMs = this.#parts.limiter?.reserve(wireBytes) ?? 0;
    if (delayMs > 0) await wait(delayMs);
  }

  #sent(
    kind: Unacknowledged['kind'],
    image: LaneImage,
    { firstBlock, blocks }: BlockRun,
    seq: number,
    wireBytes: number,
    weightBytes = wireBytes,
  ): void {
    this.#window.add({ seq, kind, image: image.index, firstBlock, blocks, wireBytes, weightBytes });
    this.#parts.counters.add('wireBytes', wireBytes);
  }

  /** Acknowledged: in-flight or checking bits are cleared, after what must be sent again was put back. */
  #settle(frame: Unacknowledged): void {
    const { counters } = this.#parts;
    const image = this.#image(frame);
    if (frame.kind === 'check') {
      this.#settleCheck(frame, image);
      return;
    }
    counters.add('ackedWireBytes', frame.wireBytes);
    if (frame.nacked) {
      image.maps.dirty.setRange(frame.firstBlock, frame.blocks);
      counters.add('nacks', 1);
      counters.add('resentBytes', image.run(frame.firstBlock, frame.blocks).length);
    } else {
      counters.add('blocks', frame.blocks);
    }
    image.maps.inFlight.clearRange(frame.firstBlock, frame.blocks);
  }

  #settleCheck(frame: Unacknowledged, image: LaneImage): void {
    const { counters } = this.#parts;
    for (const different of frame.different) {
      const block = frame.firstBlock + different;
      // A CheckZero covers its whole range; blocks that were dirty when it was planned are not judged.
      if (different >= frame.blocks || !image.maps.checking.has(block)) continue;
      if (this.#suspects.length < SUSPECTS) this.#suspects.push({ image: image.index, block });
      else image.maps.unproven.setRange(block, 1);
    }
    if (frame.different.length >= LIMITS.resultBlocks) this.#recheckBehind(frame, image);
    image.maps.checking.clearRange(frame.firstBlock, frame.blocks);
    counters.add('checkedBlocks', frame.blocks);
    counters.add('checkedBytes', image.run(frame.firstBlock, frame.blocks).length);
  }

  /** A result names so many blocks at most; what lies behind the last named one was not reported on. */
  #recheckBehind(frame: Unacknowledged, image: LaneImage): void {
    const next = frame.firstBlock + Math.max(...frame.different) + 1;
    const end = frame.firstBlock + frame.blocks;
    if (next < end) image.maps.unproven.setRange(next, end - next);
  }

  #image(of: { image: number }): LaneImage {
    const image = this.#parts.images[of.image];
    if (image === undefined) throw new RangeError(`no image ${of.image}`);
    return image;
  }
}
