import { BlockMap } from './blockMap.js';
import { WriteGate } from './writeGate.js';

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
}

/** The four maps and the gate of an image (ARCHITECTURE.md, "Images and their maps"). */
export class ImageMaps {
  readonly dirty: BlockMap;
  readonly inFlight: BlockMap;
  readonly unproven: BlockMap;
  readonly checking: BlockMap;
  readonly gate: WriteGate;
  readonly blocks: number;
  readonly blockBytes: number;
  readonly size: number;

  private constructor(size: number, blockBytes: number, attach?: ImageHandle) {
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
  }

  static create(size: number, blockBytes: number): ImageMaps {
    return new ImageMaps(size, blockBytes);
  }

  static attach(handle: ImageHandle): ImageMaps {
    return new ImageMaps(handle.size, handle.blockBytes, handle);
  }

  /** Marks every block that the byte range touches. */
  markDirty(offset: number, length: number): void {
    if (length === 0) return;
    const first = Math.floor(offset / this.blockBytes);
    this.dirty.setRange(first, Math.floor((offset + length - 1) / this.blockBytes) - first + 1);
  }

  /** Bytes that `blocks` set bits stand for, the short last block aside: an upper bound. */
  bytesOf(blocks: number): number {
    return Math.min(this.size, blocks * this.blockBytes);
  }

  /** Puts back what was collected and never acknowledged: nothing that ends early loses a block. */
  restoreInFlight(): void {
    this.inFlight.takeAll((word, bits) => this.dirty.orWord(word, bits));
    this.checking.takeAll((word, bits) => this.unproven.orWord(word, bits));
  }
}
