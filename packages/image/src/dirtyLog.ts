import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { faultPoint } from '@godwit/faults';

/** Smallest granule of the record: what is sent for nothing after a restart is less than what a finer file costs each writer. */
const GROUP_BYTES_MINIMUM = 64 * 1024;
const BITS = 32;
/** What one write puts down at most: 4 GiB of groups of 64 KiB. */
const ONES = Buffer.alloc(64 * 1024, 1);

/** Words of the shared control block. */
const ARMED = 0;
const GENERATION = 1;
const BROKEN = 2;
const NOTED = 3;
const WORDS = 4;

/** The files of a record, in its folder; two of each are used in turn. */
export const logPath = (folder: string, parity: number) => join(folder, `log.${parity}`);
export const checkpointPath = (folder: string, parity: number) => join(folder, `checkpoint.${parity}`);

/** What another thread needs to write to the same log. */
export interface DirtyLogHandle {
  readonly folder: string;
  readonly size: number;
  readonly blockBytes: number;
  readonly buffer: SharedArrayBuffer;
}

/** Bytes of the granule that writes are recorded in. */
function groupBytesFor(blockBytes: number): number {
  return Math.max(blockBytes, GROUP_BYTES_MINIMUM);
}

/**
 * Which groups of an image were written since the last checkpoint, in files that outlive this process (engine
 * invariant 1.5; ARCHITECTURE.md, "The dirty record"). Each thread that writes has one, with descriptors of its own; what the
 * files hold already is known to all by shared bits, so that a group costs one write a generation.
 *
 * A byte a group, not a bit: writers in several threads never write the same byte with different values.
 */
export class DirtyLog {
  readonly folder: string;
  readonly groupBytes: number;
  readonly groups: number;
  readonly #size: number;
  readonly #blockBytes: number;
  readonly #buffer: SharedArrayBuffer;
  readonly #control: Int32Array;
  /** A bit for each group that the log of that parity holds. */
  readonly #held: readonly [Int32Array, Int32Array];
  #fds: [number | undefined, number | undefined] = [undefined, undefined];
  /** Which arming the descriptors are of. */
  #openedFor = 0;

  private constructor(folder: string, size: number, blockBytes: number, buffer?: SharedArrayBuffer) {
    this.folder = folder;
    this.groupBytes = groupBytesFor(blockBytes);
    this.groups = Math.ceil(size / this.groupBytes);
    this.#size = size;
    this.#blockBytes = blockBytes;
    const words = Math.ceil(this.groups / BITS);
    this.#buffer = buffer ?? new SharedArrayBuffer((WORDS + 2 * words) * 4);
    this.#control = new Int32Array(this.#buffer, 0, WORDS);
    this.#held = [
      new Int32Array(this.#buffer, WORDS * 4, words),
      new Int32Array(this.#buffer, (WORDS + words) * 4, words),
    ];
  }

  /** A log that nobody is asked to write to yet; `folder` need not exist before it is armed. */
  static create(folder: string, size: number, blockBytes: number): DirtyLog {
    return new DirtyLog(folder, size, blockBytes);
  }

  static attach({ folder, size, blockBytes, buffer }: DirtyLogHandle): DirtyLog {
    return new DirtyLog(folder, size, blockBytes, buffer);
  }

  handle(): DirtyLogHandle {
    return { folder: this.folder, size: this.#size, blockBytes: this.#blockBytes, buffer: this.#buffer };
  }

  /** 0: nobody writes to it. */
  get generation(): number {
    return Atomics.load(this.#control, GENERATION);
  }
  /** Something could not be written: the files say less than what happened, and the checkpoints are gone. */
  get isBroken(): boolean {
    return Atomics.load(this.#control, BROKEN) !== 0;
  }
  /** Groups written down since this was asked last. */
  takeNoted(): number {
    return Atomics.exchange(this.#control, NOTED, 0);
  }

  /**
   * A writer inside the gate is about to change the byte range. When this returns, a restart of this process
   * knows of it. Never throws: a workload's write does not fail for want of a record.
   */
  note(offset: number, length: number): void {
    const generation = this.generation;
    if (generation === 0 || length === 0) return;
    const held = this.#held[parityOf(generation)];
    const end = Math.floor((offset + length - 1) / this.groupBytes) + 1;
    for (let first = Math.floor(offset / this.groupBytes); first < end; ) {
      if (isSet(held, first)) {
        first += 1;
        continue;
      }
      let last = first + 1;
      while (last < end && !isSet(held, last)) last += 1;
      if (!this.#write(generation, first, last - first)) return;
      // After the write: whoever finds a bit relies on the byte.
      for (let group = first; group < last; group++) Atomics.or(held, Math.floor(group / BITS), 1 << (group % BITS));
      first = last;
    }
  }

  /** Closes this thread's descriptors; a later note opens them anew. */
  close(): void {
    for (const fd of this.#fds) if (fd !== undefined) closeSync(fd);
    this.#fds = [undefined, undefined];
  }

  /** Writers log from now on, in files that stand ready in the folder. For the one that owns the record. */
  arm(generation: number): void {
    for (const held of this.#held) held.fill(0);
    Atomics.store(this.#control, BROKEN, 0);
    Atomics.add(this.#control, ARMED, 1);
    Atomics.store(this.#control, GENERATION, generation);
  }

  /** Writers log in the next generation from now on; those inside the gate may still log in this one. False: the log was given up. */
  advance(): boolean {
    const generation = this.generation;
    if (generation === 0) return false;
    return Atomics.compareExchange(this.#control, GENERATION, generation, generation + 1) === generation;
  }

  /** Nobody logs any more, but those inside the gate. */
  disarm(): void {
    Atomics.store(this.#control, GENERATION, 0);
    this.close();
  }

  /** The file of that parity is about to be empty, and no writer is in its generation. */
  forget(parity: 0 | 1): void {
    this.#held[parity].fill(0);
  }

  /** Gives the record up, in a way that needs no room on a disk: a restart finds no checkpoint, and compares. */
  giveUp(): void {
    Atomics.store(this.#control, BROKEN, 1);
    removeCheckpoints(this.folder);
    // Last: a writer who sees this answers its client without a word on record.
    Atomics.store(this.#control, GENERATION, 0);
  }

  #write(generation: number, first: number, count: number): boolean {
    try {
      faultPoint('record.log.write');
      const fd = this.#descriptor(parityOf(generation));
      for (let done = 0; done < count; ) {
        done += writeSync(fd, ONES, 0, Math.min(ONES.length, count - done), first + done);
      }
      faultPoint('record.log.written');
      Atomics.add(this.#control, NOTED, count);
      return true;
    } catch {
      // Before the workload is answered.
      this.giveUp();
      return false;
    }
  }

  #descriptor(parity: 0 | 1): number {
    const armed = Atomics.load(this.#control, ARMED);
    if (armed !== this.#openedFor) {
      this.close();
      this.#openedFor = armed;
    }
    const fd = this.#fds[parity] ?? openSync(logPath(this.folder, parity), 'r+');
    this.#fds[parity] = fd;
    return fd;
  }
}

/** So that nobody believes a record. */
export function removeCheckpoints(folder: string): void {
  for (const parity of [0, 1]) {
    try {
      unlinkSync(checkpointPath(folder, parity));
    } catch {
      // Gone already, or a file system that takes no change at all: then `full` still reads everything back.
    }
  }
}

export function parityOf(generation: number): 0 | 1 {
  return generation % 2 === 0 ? 0 : 1;
}

function isSet(map: Int32Array, bit: number): boolean {
  return (Atomics.load(map, Math.floor(bit / BITS)) & (1 << (bit % BITS))) !== 0;
}
