import { faultPoint } from '@godwit/faults';
import { type Frame, LIMITS } from '@godwit/protocol';
import type { LaneSocket, RateLimiter } from '@godwit/transport';
import type { WorkItem, WorkKind, WorkList } from '../rounds/workList.js';
import { CheckPass } from './checkPass.js';
import { EncodingChoice, type EncodingMode } from './encodingChoice.js';
import type { ExtentEncoder } from './extentEncoder.js';
import type { LaneCounters } from './laneCounters.js';
import type { LaneImage } from './laneImage.js';
import type { Suspect } from './laneMessages.js';
import { LaneOutlet } from './laneOutlet.js';
import { LaneWindow, type Unacknowledged } from './laneWindow.js';
import { PIECE_BYTES } from './pieces.js';
import { SendPass } from './sendPass.js';
import { Slots } from './slots.js';

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
  /** Of what a scrub reads. */
  readonly scrubLimiter?: RateLimiter | undefined;
  readonly windowBytes: number;
  readonly encoding?: EncodingMode;
  /** Milliseconds, rising; for the judgement of silence. */
  readonly now?: () => number;
}

/**
 * One lane: claims regions, has them sent or checked, and settles maps when frames are acknowledged: steps 4 to 6
 * and 9 of a byte's path. Runs in a worker; called by laneWorker, calls SendPass and CheckPass.
 */
export class LaneSender {
  readonly #parts: LaneParts;
  readonly #socket: LaneSocket;
  readonly #window: LaneWindow;
  readonly #outlet: LaneOutlet;
  readonly #slots: Slots;
  readonly #choice: EncodingChoice;
  #suspects: Suspect[] = [];
  #isComparing = false;

  constructor(parts: LaneParts, socket: LaneSocket) {
    this.#parts = parts;
    this.#socket = socket;
    this.#window = new LaneWindow(parts.windowBytes, parts.now, socket.progress?.bind(socket));
    this.#outlet = new LaneOutlet(socket, this.#window, parts.counters, parts.limiter);
    this.#slots = new Slots(Math.max(PIECE_BYTES, ...parts.images.map(({ maps }) => maps.blockBytes)));
    this.#choice = new EncodingChoice(parts.encoding);
  }

  /**
   * Works through a list with the other lanes; resolves when all that this lane sent is acknowledged.
   *
   * @param isLastReading regions are let go of behind it: LaneImage.leave
   */
  async run(kind: WorkKind, round: number, list: WorkList, isLastReading = false): Promise<readonly Suspect[]> {
    this.#suspects = [];
    this.#isComparing = kind === 'compare';
    for (const image of this.#parts.images) image.forgetHoles();
    this.#choice.restart();
    const work = this.#workOf(kind, round);
    for (let item = list.claim(); item !== undefined; item = list.claim()) {
      this.#awaits(item);
      this.#awaits(list.next());
      await work(item);
      if (isLastReading && !item.hole) this.#image(item).leave(item.firstRegion);
      await this.#socket.breathe();
    }
    for (const image of this.#parts.images) image.endLeaving();
    await this.#window.emptied();
    return this.#suspects;
  }

  /** This lane's next one, or another's: they share the page cache. */
  #awaits(item: WorkItem | undefined): void {
    if (item !== undefined && !item.hole) this.#image(item).awaits(item.firstRegion);
  }

  #workOf(kind: WorkKind, round: number): (item: WorkItem) => Promise<void> {
    const parts = {
      encoder: this.#parts.encoder,
      counters: this.#parts.counters,
      choice: this.#choice,
      outlet: this.#outlet,
      slots: this.#slots,
    };
    const send = new SendPass(parts, round);
    if (kind === 'send') return (item) => send.item(this.#image(item), item);
    const isInBackground = kind === 'scrub' || kind === 'compare';
    const scrub = isInBackground ? { limiter: this.#parts.scrubLimiter } : undefined;
    const check = new CheckPass({ ...parts, scrub });
    if (kind === 'prove') return (item) => this.#prove(this.#image(item), item, send, check);
    return (item) => check.item(this.#image(item), item);
  }

  /** The destination reads a lane in order: it has written what was sent by the time that it reads the check behind it. */
  async #prove(image: LaneImage, { firstRegion, regions }: WorkItem, send: SendPass, check: CheckPass): Promise<void> {
    for (let region = firstRegion; region < firstRegion + regions; region++) {
      // All at once: acknowledgements clear the bits while the region is being sent.
      const runs = [...image.runs(image.maps.inFlight, region)];
      await send.runs(image, runs);
      await send.end();
      await check.behind(image, runs);
    }
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
      faultPoint('source.lane.acknowledged');
    } else if (frame.type === 'Nack') this.#window.find(frame.header.seq).nacked = true;
    else if (frame.type === 'CheckResult') this.#window.find(frame.header.seq).different = frame.header.blocks;
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
    let judged = frame.firstBlock;
    for (const different of [...frame.different].sort((one, other) => one - other)) {
      const block = frame.firstBlock + different;
      // A block that is dirty will be sent, which makes it unproven again: it is not judged.
      if (different >= frame.blocks || block < judged || image.maps.dirty.has(block)) continue;
      if (this.#isComparing) image.maps.dirty.setRange(block, 1);
      else if (this.#suspects.length >= SUSPECTS) image.maps.unproven.setRange(block, 1);
      else {
        this.#suspects.push({ image: image.index, block });
        // Its bit stays until it is judged: should the link end before this lane reports, it is not proven.
        image.maps.checking.clearRange(judged, block - judged);
        judged = block + 1;
      }
    }
    if (frame.different.length >= LIMITS.resultBlocks) this.#recheckBehind(frame, image);
    image.maps.checking.clearRange(judged, frame.firstBlock + frame.blocks - judged);
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
