import { REGION_BYTES } from '../rounds/workList.js';

/** A region's bytes as read, and room for its extents compressed; both shared with the socket until flushed. */
export interface Slot {
  readonly raw: Buffer;
  readonly encoded: Buffer;
  /** Bytes of `encoded` in use. */
  encodedBytes: number;
  /** Sends that still need the bytes, plus one while the lane fills it. */
  users: number;
}

/** Three slots: one being filled, one in the socket's queue, one in the kernel's hands. More bought no speed. */
const SLOTS = 3;

/** The lane's buffers. A slot is reused when the socket has taken every payload in it: bounded memory. */
export class Slots {
  readonly #free: Slot[] = Array.from({ length: SLOTS }, () => ({
    raw: Buffer.allocUnsafeSlow(REGION_BYTES),
    encoded: Buffer.allocUnsafeSlow(REGION_BYTES),
    encodedBytes: 0,
    users: 0,
  }));
  #wake: ((slot: Slot) => void) | undefined;

  /** A free slot with one user, the caller. One caller at a time. */
  async acquire(): Promise<Slot> {
    const slot = this.#free.pop() ?? (await new Promise<Slot>((resolve) => (this.#wake = resolve)));
    slot.users = 1;
    slot.encodedBytes = 0;
    return slot;
  }

  release(slot: Slot): void {
    slot.users -= 1;
    if (slot.users > 0) return;
    const wake = this.#wake;
    this.#wake = undefined;
    if (wake === undefined) this.#free.push(slot);
    else wake(slot);
  }
}
