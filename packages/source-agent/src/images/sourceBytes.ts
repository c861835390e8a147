import type { ByteStore, OwnerRecord } from '@godwit/agent';
import { GateState, type LiveImage } from '@godwit/image';

/** True when the image is owned elsewhere, or may be: its bytes here are not to be relied on. */
export function hasLeft({ role }: OwnerRecord): boolean {
  return role === 'released' || role === 'sealed';
}

/**
 * The bytes of an image at a source. A LiveImage goes on reading while its gate is closed, which is right
 * until the image is sealed: from then on the destination may own it and have newer bytes, so a read
 * waits at the gate, as a write does, until it is known who owns.
 */
export class SourceBytes implements ByteStore {
  readonly #image: LiveImage;
  readonly #record: () => OwnerRecord | undefined;

  /** `record` is asked anew for each read: an image may be sealed in the middle of an answer. */
  constructor(image: LiveImage, record: () => OwnerRecord | undefined) {
    this.#image = image;
    this.#record = record;
  }

  get size(): number {
    return this.#image.size;
  }

  async read(offset: number, length: number): Promise<Buffer> {
    await this.#ownerKnown();
    return this.#image.read(offset, length);
  }

  write(offset: number, data: Uint8Array): Promise<void> {
    return this.#image.write(offset, data);
  }
  writeZeroes(offset: number, length: number): Promise<void> {
    return this.#image.writeZeroes(offset, length);
  }
  discard(offset: number, length: number): Promise<void> {
    return this.#image.discard(offset, length);
  }
  flush(): Promise<void> {
    return this.#image.flush();
  }
  markDirty(offset: number, length: number): Promise<void> {
    return this.#image.markDirty(offset, length);
  }

  /** The gate alone tells the end of it: RELEASED may be impossible to record, and is recorded before the gate moves. */
  async #ownerKnown(): Promise<void> {
    const { gate } = this.#image.maps;
    for (let state = gate.state; state !== GateState.moved; state = gate.state) {
      const record = this.#record();
      if (record === undefined || !hasLeft(record)) return;
      await gate.changed(state);
    }
  }
}
