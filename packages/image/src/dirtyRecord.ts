import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { problemOf } from '@godwit/errors';
import { faultPoint } from '@godwit/faults';
import { type CheckpointHeader, readCheckpoint, writeCheckpoint } from './dirtyCheckpoint.js';
import { checkpointPath, type DirtyLog, logPath, parityOf, removeCheckpoints } from './dirtyLog.js';
import type { ImageMaps } from './imageMaps.js';
import type { RawFile } from './rawFile.js';
import { SIGN_MS, SignOfLife } from './signOfLife.js';
import { Turns } from './turns.js';

const BITS = 32;
const READ_BYTES = 1024 * 1024;
/** How much is logged twice at most. */
const CHECKPOINT_MS = SIGN_MS;
/** A huge image's checkpoint takes no more than a twentieth of the time. */
const PAUSE_FACTOR = 20;

/** What a record needs of its image. */
export interface RecordedImage {
  readonly maps: ImageMaps;
  readonly file: RawFile;
}

/** What a record of an earlier life says. */
export interface Recovered {
  /** The copy of that name has what is not marked, as long as it has what it acknowledged. Empty: blocks are to be compared. */
  readonly about: string;
  /** Why nothing is known. */
  readonly doubt?: string;
}

/**
 * The dirty record of one image on the move: who it is for and how it is kept stands in ARCHITECTURE.md ("The dirty
 * record"). For the thread that runs the migration; writers in all threads log through `maps.log`.
 */
export class DirtyRecord {
  readonly #image: RecordedImage;
  readonly #log: DirtyLog;
  readonly #bits: Uint32Array;
  /** Descriptors of the two checkpoints, the two logs and the sign of life. */
  #files: RecordFiles | undefined;
  #sequence = 0;
  #about = '';
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  private constructor(image: RecordedImage, log: DirtyLog) {
    this.#image = image;
    this.#log = log;
    this.#bits = new Uint32Array(Math.ceil(log.groups / BITS));
  }

  /** False when something could not be written: a restart compares. */
  get isSound(): boolean {
    return this.#files !== undefined && !this.#log.isBroken;
  }

  /**
   * Begins a record; when it resolves every write that is acknowledged is in it. What stood in the folder is gone. A file
   * system that refuses leaves no record, and no error: `isSound`.
   */
  static async begin(image: RecordedImage, log: DirtyLog): Promise<DirtyRecord> {
    const record = new DirtyRecord(image, log);
    await record.#begin(true);
    return record;
  }

  /**
   * Goes on with the record of an earlier life: marks in the dirty map what it says may be missing at the destination,
   * and begins anew. Before the gate lets writers in.
   */
  static async resume(image: RecordedImage, log: DirtyLog): Promise<{ record: DirtyRecord; recovered: Recovered }> {
    const record = new DirtyRecord(image, log);
    const recovered = await record
      .#recover()
      .catch((error: unknown): Recovered => ({ about: '', doubt: problemOf(error) }));
    faultPoint('record.recovered');
    await record.#begin(recovered.about === '');
    record.#about = recovered.about;
    // The old logs stay until what they say stands in a checkpoint.
    await record.checkpoint();
    return { record, recovered };
  }

  /** The copy that has what is neither dirty nor in flight; empty: none. */
  get about(): string {
    return this.#about;
  }

  /** As `about` says from now on; on record when it resolves. */
  knows(about: string): Promise<void> {
    this.#about = about;
    return this.checkpoint();
  }

  /** Writes down what is dirty or in flight now, and lets go of the log before. One at a time; never rejects. */
  checkpoint(): Promise<void> {
    this.#running = this.#running.then(() => this.#checkpoint());
    return this.#running;
  }

  /** The agent lives: a file that was changed later, by and large, was changed by somebody else. */
  #touch(): void {
    try {
      this.#files?.sign.give();
    } catch {
      this.#log.giveUp();
    }
  }

  /** The migration is over: nothing is logged any more, and nothing is left. */
  async end(): Promise<void> {
    clearTimeout(this.#timer);
    // Before a writer may go unrecorded there is no checkpoint that anybody would believe.
    if (this.#files !== undefined) removeCheckpoints(this.#log.folder);
    faultPoint('record.checkpoints-removed');
    this.#log.disarm();
    await this.#running;
    await this.#image.maps.gate.quiesce();
    if (this.#files === undefined) return;
    this.#files.close();
    this.#files = undefined;
    removeRecord(this.#log.folder);
    faultPoint('record.ended');
  }

  /** The agent goes down: the files stay for its next life. */
  async leave(): Promise<void> {
    clearTimeout(this.#timer);
    await this.checkpoint();
    this.#touch();
    this.#files?.close();
    this.#files = undefined;
  }

  async #begin(isFresh: boolean): Promise<void> {
    try {
      if (isFresh) removeRecord(this.#log.folder);
      faultPoint('record.make');
      mkdirSync(this.#log.folder, { recursive: true, mode: 0o700 });
      this.#files = new RecordFiles(this.#log.folder, this.#log.groups);
    } catch {
      return;
    }
    this.#log.arm(1);
    // Those who entered before have not logged; they have marked when this resolves.
    await this.#image.maps.gate.quiesce();
    faultPoint('record.begun');
    this.#keep(CHECKPOINT_MS);
  }

  /** A checkpoint after so long, and so on: the rarer the longer they take. */
  #keep(afterMs: number): void {
    this.#timer = setTimeout(() => {
      const started = performance.now();
      this.#touch();
      this.checkpoint()
        .then(() => this.#files && this.#keep(Math.max(CHECKPOINT_MS, (performance.now() - started) * PAUSE_FACTOR)))
        .catch(() => this.#log.giveUp());
    }, afterMs).unref();
  }

  async #checkpoint(): Promise<void> {
    const files = this.#files;
    const generation = this.#log.generation;
    // As it was when the bits begin to be read: what is known by their end they may not show.
    const about = this.#about;
    if (files === undefined || !this.#log.advance()) return;
    faultPoint('record.checkpoint.advanced');
    try {
      await this.#image.maps.gate.quiesce();
      faultPoint('record.checkpoint.quiesced');
      await this.#collect();
      this.#sequence += 1;
      faultPoint('record.checkpoint.collected');
      writeCheckpoint(files.checkpoint(this.#sequence), this.#header(about), this.#bits);
      // Given up meanwhile: the names of both checkpoints are gone, and this one has none.
      if (this.#log.isBroken) return;
      faultPoint('record.checkpoint.written');
      files.emptyLog(parityOf(generation));
      faultPoint('record.checkpoint.log-emptied');
      this.#log.forget(parityOf(generation));
    } catch {
      this.#log.giveUp();
    }
  }

  #header(about: string): CheckpointHeader {
    return { sequence: this.#sequence, about, boot: bootId(), ...this.#identity() };
  }

  #identity(): Pick<CheckpointHeader, 'file' | 'sizeBytes' | 'groupBytes'> {
    const { file } = this.#image;
    return { file: file.identity(), sizeBytes: file.size, groupBytes: this.#log.groupBytes };
  }

  /**
   * In flight first, then dirty, slice by slice in one go: a lane that puts a block back sets the second before it clears
   * the first, and the thread that moves them the other way is this one.
   */
  async #collect(): Promise<void> {
    const { dirty, inFlight, blockBytes } = this.#image.maps;
    this.#bits.fill(0);
    const groups = new GroupBits(this.#bits, this.#log.groupBytes / blockBytes);
    const add = (word: number, bits: number) => groups.add(word, bits);
    const turns = new Turns();
    const next = (from: number) => Math.min(inFlight.nextSlice(from), dirty.nextSlice(from));
    for (let slice = next(0); slice < dirty.slices; slice = next(slice + 1)) {
      inFlight.lookAtSome(slice, slice + 1, add);
      dirty.lookAtSome(slice, slice + 1, add);
      turns.spend(2 * BITS);
      if (turns.isOver) await turns.next();
    }
  }

  async #recover(): Promise<Recovered> {
    const { folder } = this.#log;
    const both = [0, 1].map((parity) => readCheckpoint(checkpointPath(folder, parity), this.#bits.length));
    if (both.includes('damaged')) return { about: '', doubt: 'the record of what was written is damaged' };
    const found = both
      .filter((checkpoint) => typeof checkpoint === 'object')
      .sort((one, other) => other.header.sequence - one.header.sequence)[0];
    if (found === undefined) return { about: '', doubt: 'there is no whole record of what was written' };
    this.#sequence = found.header.sequence;
    const doubt = this.#doubt(found.header);
    if (doubt !== undefined) return { about: '', doubt };
    const { dirty, blockBytes, blocks } = this.#image.maps;
    const groupBlocks = this.#log.groupBytes / blockBytes;
    const mark = (group: number) => {
      const first = group * groupBlocks;
      dirty.setRange(first, Math.min(groupBlocks, blocks - first));
    };
    await markBits(found.bits, mark);
    for (const parity of [0, 1]) await markBytes(logPath(folder, parity), this.#log.groups, mark);
    return { about: found.header.about };
  }

  #doubt(header: CheckpointHeader): string | undefined {
    const now = this.#identity();
    if (header.about === '') return 'its agent ended before it was known what the destination has';
    if (header.boot !== bootId()) return 'the host was started anew';
    if (header.file !== now.file) return 'another file stands there now';
    if (header.sizeBytes !== now.sizeBytes || header.groupBytes !== now.groupBytes)
      return 'its size or its block is another';
    const isOutlived = SignOfLife.isOutlived(signPath(this.#log.folder), this.#image.file);
    return isOutlived ? 'it was changed after its agent had ended' : undefined;
  }
}

/** True when an earlier life left a record in the folder. */
export function hasRecord(folder: string): boolean {
  return existsSync(folder);
}

/** Nothing of a record stays. */
export function removeRecord(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

function signPath(folder: string): string {
  return join(folder, 'alive');
}

/** The files of a record that is being kept. */
class RecordFiles {
  readonly sign: SignOfLife;
  readonly #groups: number;
  readonly #checkpoints: readonly number[];
  readonly #logs: readonly number[];

  /** Makes what is not there; what is there stays as it is. */
  constructor(folder: string, groups: number) {
    this.#groups = groups;
    const opened: number[] = [];
    const open = (path: string) => {
      const fd = openSync(path, existsSync(path) ? 'r+' : 'wx+', 0o600);
      opened.push(fd);
      return fd;
    };
    try {
      this.#checkpoints = [0, 1].map((parity) => open(checkpointPath(folder, parity)));
      this.#logs = [0, 1].map((parity) => open(logPath(folder, parity)));
      for (const fd of this.#logs) ftruncateSync(fd, groups);
      this.sign = new SignOfLife(signPath(folder));
    } catch (error) {
      for (const fd of opened) closeSync(fd);
      throw error;
    }
  }

  checkpoint(sequence: number): number {
    return this.#checkpoints[parityOf(sequence)] ?? -1;
  }

  emptyLog(parity: 0 | 1): void {
    const fd = this.#logs[parity] ?? -1;
    ftruncateSync(fd, 0);
    ftruncateSync(fd, this.#groups);
  }

  close(): void {
    for (const fd of [...this.#checkpoints, ...this.#logs]) closeSync(fd);
    this.sign.close();
  }
}

/** Bits of groups, from words of bits of blocks. */
class GroupBits {
  readonly #bits: Uint32Array;
  readonly #groupBlocks: number;

  /** @param groupBlocks blocks of a group: 1 to 16 */
  constructor(bits: Uint32Array, groupBlocks: number) {
    this.#bits = bits;
    this.#groupBlocks = groupBlocks;
  }

  add(word: number, blocks: number): void {
    if (this.#groupBlocks === 1) {
      this.#or(word, blocks);
      return;
    }
    const mask = (1 << this.#groupBlocks) - 1;
    for (let low = 0; low < BITS; low += this.#groupBlocks) {
      if (((blocks >>> low) & mask) === 0) continue;
      const group = (word * BITS + low) / this.#groupBlocks;
      this.#or(Math.floor(group / BITS), 1 << (group % BITS));
    }
  }

  #or(word: number, bits: number): void {
    this.#bits[word] = (this.#bits[word] ?? 0) | bits;
  }
}

async function markBits(bits: Uint32Array, mark: (group: number) => void): Promise<void> {
  const turns = new Turns();
  for (const [word, value] of bits.entries()) {
    for (let left = value; left !== 0; left &= left - 1) mark(word * BITS + 31 - Math.clz32(left & -left));
    turns.spend(1 + (value === 0 ? 0 : BITS));
    if (turns.isOver) await turns.next();
  }
}

async function markBytes(path: string, groups: number, mark: (group: number) => void): Promise<void> {
  const fd = openSync(path, 'r');
  const buffer = Buffer.alloc(READ_BYTES);
  const turns = new Turns();
  try {
    // Between being emptied and being made as long as before it has no bytes.
    const { size } = fstatSync(fd);
    if (size !== 0 && size !== groups) throw new Error('a log of what was written is damaged');
    for (let offset = 0; offset < size; offset += READ_BYTES) {
      const count = readSync(fd, buffer, 0, READ_BYTES, offset);
      markNoted(buffer.subarray(0, count), offset, mark);
      turns.spend(READ_BYTES / 64);
      if (turns.isOver) await turns.next();
    }
  } finally {
    closeSync(fd);
  }
}

/** Any byte but zero was one when it was written. */
function markNoted(bytes: Uint8Array, first: number, mark: (group: number) => void): void {
  for (let at = 0; at < bytes.length; at++) if (bytes[at] !== 0) mark(first + at);
}

let boot: string | undefined;

/** Which start of the host this is; proc(5), /proc/sys/kernel/random/boot_id. */
export function bootId(): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  return boot;
}
