import { GodwitError } from '@godwit/errors';
import { faultPoint } from '@godwit/faults';
import { HeldTurns } from './heldTurns.js';
import { type ImageHandle, ImageMaps } from './imageMaps.js';
import { PUNCH_STEP_BYTES, RawFile, type ZeroKind } from './rawFile.js';

/** Why nothing was done: the gate is not open, or the file system could only write zeros where speed was asked for. */
export type NotDone = 'gate is shut' | 'too slow';

/**
 * An image in a thread that serves it, on a descriptor of its own: the calls of LiveImage, done before
 * they return. Nothing waits here: a change that finds the gate not open says so, and its caller decides.
 *
 * A change is: gate entered, record written (if one is kept), file changed, blocks marked (also after a failure, for part of it may have
 * reached the file), gate left.
 */
export class ThreadImage {
  readonly name: string;
  readonly maps: ImageMaps;
  readonly file: RawFile;
  readonly #held: HeldTurns;

  private constructor(name: string, maps: ImageMaps, file: RawFile, held: HeldTurns) {
    this.name = name;
    this.maps = maps;
    this.file = file;
    this.#held = held;
  }

  /**
   * `held`: for whoever survives this thread.
   *
   * @throws GodwitError as RawFile.open, E_UNREADABLE when another file stands at the image's path now
   */
  static attach(handle: ImageHandle, held = new HeldTurns()): ThreadImage {
    const file = RawFile.open(handle.path);
    if (file.identity() !== handle.file) {
      file.closeSync();
      const problem = 'another file stands there than when the image was opened';
      throw new GodwitError('E_UNREADABLE', { path: handle.path, problem });
    }
    return new ThreadImage(handle.name, ImageMaps.attach(handle), file, held);
  }

  /** Past the gate: whether it is sealed or moved is the caller's to ask. */
  read(offset: number, target: Uint8Array): void {
    this.file.readSync(target, offset);
  }

  /** True once the bytes are in the file (page cache) and marked; false when the gate is not open. */
  write(offset: number, data: Uint8Array): boolean {
    const { gate } = this.maps;
    const turn = gate.tryEnter();
    if (turn === -1) return false;
    try {
      faultPoint('image.write.entered');
      this.maps.willChange(offset, data.length);
      faultPoint('image.write.recorded');
      this.file.writeSync(data, offset);
      faultPoint('image.write.written');
    } finally {
      this.maps.markDirty(offset, data.length);
      faultPoint('image.write.marked');
      gate.leave(turn);
    }
    return true;
  }

  /**
   * Zeroes a range. A long one is done in steps with turns of the loop between, and is inside the gate
   * until its end: left between two steps, a freeze could come between them, and the half that was done
   * would move with the image although its client is told that nothing happened.
   *
   * @param fast only if the file system does it without writing zeros
   * @param beforeStep asked before each step of a long range; what it throws ends the call, with a part of the range zeroed
   * @returns undefined once done, a promise of that for a long range, or why nothing was done
   */
  zero(
    offset: number,
    length: number,
    kind: ZeroKind,
    fast = false,
    beforeStep: () => void = () => undefined,
  ): Promise<void> | NotDone | undefined {
    const turn = this.maps.gate.tryEnter();
    if (turn === -1) return 'gate is shut';
    const leave = () => {
      this.maps.markDirty(offset, length);
      this.maps.gate.leave(turn);
    };
    let isLong = false;
    try {
      this.maps.willChange(offset, length);
      // Asked of the first step, which is zeroed by it.
      if (fast && !this.file.zeroQuickly(offset, Math.min(length, PUNCH_STEP_BYTES), kind)) return 'too slow';
      isLong = length > PUNCH_STEP_BYTES;
      if (isLong) return this.#zeroInSteps(offset, length, kind, turn, beforeStep).finally(leave);
      if (!fast) this.file.zeroSync(offset, length, kind);
      return undefined;
    } finally {
      if (!isLong) leave();
    }
  }

  async #zeroInSteps(
    offset: number,
    length: number,
    kind: ZeroKind,
    turn: 0 | 1,
    beforeStep: () => void,
  ): Promise<void> {
    this.#held.entered(turn);
    try {
      for (let done = 0; done < length; done += PUNCH_STEP_BYTES) {
        await new Promise((resolve) => setImmediate(resolve));
        beforeStep();
        const step = Math.min(PUNCH_STEP_BYTES, length - done);
        await this.file.zero(offset + done, step, kind);
        // Should this thread die before the end, what is zeroed by then is marked.
        this.maps.markDirty(offset + done, step);
      }
    } finally {
      this.#held.left(turn);
    }
  }

  async close(): Promise<void> {
    this.maps.log?.close();
    await this.file.close();
  }
}
