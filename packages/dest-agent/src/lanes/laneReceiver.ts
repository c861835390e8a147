import { GodwitError } from '@godwit/errors';
import { faultPoint } from '@godwit/faults';
import { BlockMap, RawFile, Wake } from '@godwit/image';
import { type Frame, type FrameHeaders, LIMITS } from '@godwit/protocol';
import type { LaneSocket } from '@godwit/transport';
import type { ExtentDecoder } from './extentDecoder.js';
import { type IncomingFile, LanePhase, type LaneStart } from './laneMessages.js';
import { isZero, writeSparse } from './sparseWrite.js';
import { type ReserveFile, withRoom } from './takeRoom.js';

interface OpenFile extends IncomingFile {
  readonly file: RawFile;
  /** What was written is on its way to the disk soon, and not all at once when the round ends. */
  readonly written: Wake;
  readonly receivedBlocks: BlockMap | undefined;
}

/**
 * One lane at the destination: decompress, check, write; read back and compare. Steps 7 and 8 of a
 * byte's path. Called by FrameSocket with frames whose payload is only lent; runs in a worker, or in
 * the main thread where descriptors cannot be handed over.
 */
export class LaneReceiver {
  readonly #files: readonly OpenFile[];
  readonly #decoder: ExtentDecoder;
  readonly #phase: Int32Array;
  readonly #reserve: ReserveFile | undefined;
  readonly #scratch = Buffer.allocUnsafeSlow(LIMITS.extentBytes);
  #socket: LaneSocket | undefined;
  #lastSeq = 0;
  #ackedSeq = 0;
  #lastRound = 0;

  constructor(start: LaneStart, decoder: ExtentDecoder) {
    this.#files = openAll(start.files);
    this.#decoder = decoder;
    this.#phase = new Int32Array(start.phase);
    this.#reserve = start.reserve;
  }

  attach(socket: LaneSocket): void {
    this.#socket = socket;
  }

  receive(frame: Frame): void {
    switch (frame.type) {
      case 'Extent':
        this.#extent(frame.header, frame.payload);
        break;
      case 'Zero':
        this.#zero(frame.header);
        break;
      case 'Check':
        this.#check(frame.header, frame.payload);
        break;
      case 'CheckZero':
        this.#checkZero(frame.header);
        break;
      default:
        throw violation(`${frame.type} on a lane`);
    }
  }

  /** After each read from the socket: one cumulative Ack for all that came with it. */
  acknowledge(): void {
    if (this.#lastSeq === this.#ackedSeq) return;
    this.#ackedSeq = this.#lastSeq;
    this.#socket?.send('Ack', { seq: this.#lastSeq });
  }

  close(): void {
    for (const { file } of this.#files) file.closeSync();
  }

  #extent(header: FrameHeaders['Extent'], payload: Buffer): void {
    const target = this.#accept(header, header.rawBytes, header.round);
    const raw = this.#decoder.decode(header, payload);
    if (raw === undefined) this.#socket?.send('Nack', { seq: header.seq, code: 'E_HASH' });
    else {
      faultPoint('dest.lane.decoded');
      withRoom(this.#reserve, () => writeSparse(target.file, raw, header.offset));
      markReceived(target, header.offset, raw.length);
      // Later rounds are small and scattered: a call for each extent would cost more than their sync at the end.
      if (header.round <= 1) target.written.passed(header.offset);
      faultPoint('dest.lane.written');
    }
  }

  #zero(header: FrameHeaders['Zero']): void {
    const target = this.#accept(header, header.length, header.round);
    withRoom(this.#reserve, () => target.file.zeroSync(header.offset, header.length));
    markReceived(target, header.offset, header.length);
  }

  #check(header: FrameHeaders['Check'], digests: Buffer): void {
    const { file, blockBytes } = this.#accept(header, header.length, this.#lastRound);
    const blocks = Math.ceil(header.length / blockBytes);
    if (digests.length !== blocks * 8) throw violation('Check with another number of digests than blocks');
    const bytes = this.#scratch.subarray(0, header.length);
    faultPoint('dest.lane.check');
    file.readWhenIdleSync(bytes, header.offset, header.background === true);
    const different: number[] = [];
    for (let block = 0; block < blocks; block++) {
      const digest = this.#decoder.digest(bytes.subarray(block * blockBytes, (block + 1) * blockBytes));
      if (digest !== digests.readBigUInt64LE(block * 8)) different.push(block);
    }
    this.#report(header.seq, different);
  }

  /** Asks the file system first: a hole of a terabyte is proven by one lseek. */
  #checkZero(header: FrameHeaders['CheckZero']): void {
    const { file, blockBytes } = this.#accept(header, header.length, this.#lastRound);
    const different = new Set<number>();
    for (const range of file.dataRanges(header.offset, header.offset + header.length)) {
      for (let at = range.offset; at < range.offset + range.length; ) {
        const relative = at - header.offset;
        const untilBlockEnd = blockBytes - (relative % blockBytes);
        const bytes = this.#scratch.subarray(0, Math.min(untilBlockEnd, range.offset + range.length - at));
        file.readSync(bytes, at);
        if (!isZero(bytes)) different.add(Math.floor(relative / blockBytes));
        if (different.size >= LIMITS.resultBlocks) break;
        at += bytes.length;
      }
      if (different.size >= LIMITS.resultBlocks) break;
    }
    this.#report(header.seq, [...different]);
  }

  #report(seq: number, blocks: readonly number[]): void {
    if (blocks.length > 0) this.#socket?.send('CheckResult', { seq, blocks });
  }

  /** What every frame of a lane must be: next in sequence, in phase, of a round not yet past, inside the image. */
  #accept(header: { seq: number; image: number; offset: number }, length: number, round: number): OpenFile {
    if (header.seq !== this.#lastSeq + 1) throw violation(`frame ${header.seq} after frame ${this.#lastSeq}`);
    if (Atomics.load(this.#phase, 0) !== LanePhase.receiving) throw violation('data after Prepare');
    if (round < this.#lastRound) throw violation(`round ${round} after round ${this.#lastRound}`);
    const target = this.#files[header.image];
    if (target === undefined) throw violation(`image ${header.image} was not offered`);
    const end = header.offset + length;
    const endsOnBlock = end % target.blockBytes === 0 || end === target.size;
    if (end > target.size || header.offset % target.blockBytes !== 0 || !endsOnBlock) {
      throw violation(`bytes ${header.offset} to ${end} of an image of ${target.size}`);
    }
    this.#lastSeq = header.seq;
    this.#lastRound = round;
    return target;
  }
}

/** All or none: a lane that cannot open its last file leaves none open. */
function openAll(files: readonly IncomingFile[]): OpenFile[] {
  const open: OpenFile[] = [];
  try {
    for (const incoming of files) {
      const file = RawFile.open(incoming.path, 'r+', incoming);
      const written = new Wake((offset, length) => file.startWriteBack(offset, length));
      open.push({ ...incoming, file, written, receivedBlocks: receivedBlocksOf(incoming) });
    }
    return open;
  } catch (error) {
    for (const { file } of open) file.closeSync();
    throw error;
  }
}

function receivedBlocksOf({ received, size, blockBytes }: IncomingFile): BlockMap | undefined {
  return received === undefined ? undefined : BlockMap.attach(Math.ceil(size / blockBytes), received);
}

/** Once it is written: who takes the mark before that would read what was there before. */
function markReceived({ receivedBlocks, blockBytes }: OpenFile, offset: number, length: number): void {
  receivedBlocks?.setRange(offset / blockBytes, Math.ceil(length / blockBytes));
}

function violation(problem: string): GodwitError {
  return new GodwitError('E_PROTOCOL', { problem });
}
