import { BlockMap } from './blockMap.js';
import { DirtyLog, type DirtyLogHandle } from './dirtyLog.js';
import { takeInTurns } from './turns.js';
import { UnprovenHoles } from './unprovenHoles.js';
import { WriteGate } from './writeGate.js';
import { WriteHistory } from './writeHistory.js';

/** Kind of an image; it chooses the default block. */
export type ImageKind = 'disk' | 'memory';

/** Default tracking granule in bytes (product.md): disks 64 KiB, memory one page. */
export function defaultBlockBytes(kind: ImageKind): number {
  return kind === 'memory' ? 4 * 1024 : 64 * 1024;
}

/** What another thread needs to attach to an image: all structured-cloneable, the buffers shared. */
export interface ImageHandle {
  readonly name: string;
  readonly path: string;
  /** RawFile.identity: another thread that finds another file at `path` does not take it for the image. */
  readonly file: string;
  readonly kind: ImageKind;
  readonly size: number;
  readonly blockBytes: number;
  readonly dirty: SharedArrayBuffer;
  readonly inFlight: SharedArrayBuffer;
  readonly unproven: SharedArrayBuffer;
  readonly checking: SharedArrayBuffer;
  readonly gate: SharedArrayBuffer;
  readonly history: SharedArrayBuffer;
  /** Absent where no record is kept of what is written. */
  readonly log?: DirtyLogHandle;
}

/** The four maps, the gate and the write history of an image (ARCHITECTURE.md, "Images and their maps"). */
export class ImageMaps {
  readonly dirty: BlockMap;
  readonly inFlight: BlockMap;
  readonly unproven: BlockMap;
  readonly checking: BlockMap;
  /** Not shared: where maps are attached it is empty. */
  readonly holes = new UnprovenHoles();
  readonly gate: WriteGate;
  readonly history: WriteHistory;
  /** What outlives this process of what is written, while the image is on the move. */
  readonly log: DirtyLog | undefined;
  readonly blocks: number;
  readonly blockBytes: number;
  readonly size: number;

  private constructor(size: number, blockBytes: number, log: DirtyLog | undefined, attach?: ImageHandle) {
    this.log = log;
    this.size = size;
    this.blockBytes = blockBytes;
    this.blocks = Math.ceil(size / blockBytes);
    const map = (buffer: SharedArrayBuffer | undefined) =>
      buffer === undefined ? BlockMap.create(this.blocks) : BlockMap.attach(this.blocks, buffer);
    this.dirty = map(attach?.dirty);
    this.inFlight = map(attach?.inFlight);
    this.unproven = map(attach?.unproven);
    this.checking = map(attach?.checking);
    this.gate = attach === undefined ? WriteGate.create() : WriteGate.attach(attach.gate);
    this.history =
      attach === undefined ? WriteHistory.create(this.blocks) : WriteHistory.attach(this.blocks, attach.history);
  }

  /** @param recordFolder where a record of what is written may be kept (dirtyRecord.ts) */
  static create(size: number, blockBytes: number, recordFolder?: string): ImageMaps {
    const log = recordFolder === undefined ? undefined : DirtyLog.create(recordFolder, size, blockBytes);
    return new ImageMaps(size, blockBytes, log);
  }

  static attach(handle: ImageHandle): ImageMaps {
    const log = handle.log === undefined ? undefined : DirtyLog.attach(handle.log);
    return new ImageMaps(handle.size, handle.blockBytes, log, handle);
  }

  /** A writer inside the gate is about to change the byte range: before the first byte of it (engine invariant 1.5). */
  willChange(offset: number, length: number): void {
    this.log?.note(offset, length);
  }

  /** A writer changed the byte range: marks every block that it touches. */
  markDirty(offset: number, length: number): void {
    if (length === 0) return;
    const first = Math.floor(offset / this.blockBytes);
    const count = Math.floor((offset + length - 1) / this.blockBytes) - first + 1;
    this.dirty.setRange(first, count);
    this.history.wrote(first, count);
  }

  /**
   * Blocks in flight are about to be read: what was written to them since they were collected is in what
   * is read now, and need not travel again. Their dirty bits go before the read, as at collecting
   * (engine invariant 1.1); a write that is not marked yet is marked after it.
   */
  absorb(firstBlock: number, blocks: number): void {
    this.dirty.clearRange(firstBlock, blocks);
  }

  /** Bytes that `blocks` set bits stand for, the short last block aside: an upper bound. */
  bytesOf(blocks: number): number {
    return Math.min(this.size, blocks * this.blockBytes);
  }

  /** Blocks that are to be proven yet, and not being checked: an upper bound, for a block of a hole may have a bit too. */
  unprovenBlocks(): number {
    return this.unproven.count() + this.holes.waitingBlocks;
  }

  /** Blocks whose check is under way. */
  checkingBlocks(): number {
    return this.checking.count() + this.holes.checkingBlocks;
  }

  /** Puts back what was collected and never acknowledged: nothing that ends early loses a block. */
  async restoreInFlight(): Promise<void> {
    this.holes.restore();
    await takeInTurns(this.inFlight, (word, bits) => this.dirty.orWord(word, bits));
    await takeInTurns(this.checking, (word, bits) => this.unproven.orWord(word, bits));
  }
}
