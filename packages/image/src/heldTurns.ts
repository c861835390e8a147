import type { WriteGate } from './writeGate.js';

/**
 * How often a thread stands inside the gate of an image across turns of its loop, in shared memory: whoever
 * sees the thread die leaves the gate in its place. Otherwise a freeze would wait for ever.
 */
export class HeldTurns {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(buffer = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
  }

  entered(turn: 0 | 1): void {
    Atomics.add(this.#words, turn, 1);
  }
  left(turn: 0 | 1): void {
    Atomics.sub(this.#words, turn, 1);
  }

  /** The thread has ended: leaves as often as it would have had to. */
  leaveAll(gate: WriteGate): void {
    for (const turn of [0, 1] as const) {
      for (let held = Atomics.exchange(this.#words, turn, 0); held > 0; held--) gate.leave(turn);
    }
  }
}
