import { LIMITS } from '@godwit/protocol';

/** A piece's bytes as read, and room for its extents compressed; both shared with the socket until flushed. */
export interface Slot {
  readonly raw: Buffer;
  readonly encoded: Buffer;
  /** Bytes of `encoded` in use. */
  encodedBytes: number;
  /** Sends that still need the bytes, plus one while the lane fills it. */
  users: number;
}

/**
 * At most so many bytes of pieces wait in a socket's queue. A lane that sends by itself (PolledSocket) needs one
 * slot and uses the same one again and again, which keeps it in the cache.
 */
const SLOTS = 6;

/** The lane's buffers, made when first needed. A slot is reused when the socket has taken every payload in it: bounded memory. */
export class Slots {
  readonly #slotBytes: number;
  readonly #free: Slot[] = [];
  #made = 0;
  #wake: ((slot: Slot) => void) | undefined;

  /** `slotBytes`: the largest piece. */
  constructor(slotBytes: number = LIMITS.extentBytes) {
    this.#slotBytes = slotBytes;
  }

  /** A free slot with one user, the caller. One caller at a time. */
  async acquire(): Promise<Slot> {
    const slot = this.#free.pop() ?? this.#make() ?? (await new Promise<Slot>((resolve) => (this.#wake = resolve)));
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

  #make(): Slot | undefined {
    if (this.#made === SLOTS) return undefined;
    this.#made += 1;
    const room = () => Buffer.allocUnsafeSlow(this.#slotBytes);
    return { raw: room(), encoded: room(), encodedBytes: 0, users: 0 };
  }
}
