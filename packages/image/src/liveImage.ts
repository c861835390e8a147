import { GodwitError } from '@godwit/errors';
import { faultPoint } from '@godwit/faults';
import { lockExclusively } from '@godwit/native';
import { MAX_BLOCKS } from './blockMap.js';
import { type ImageHandle, type ImageKind, ImageMaps } from './imageMaps.js';
import { type ExpectedFile, RawFile } from './rawFile.js';
import { GateState } from './writeGate.js';

/** Counters of one image since it was opened, for metrics. */
export interface WriteCounters {
  writes: number;
  writtenBytes: number;
  /** Time that calls spent waiting at the gate. */
  gateWaitMs: number;
}

export interface LiveImageOptions {
  readonly name: string;
  readonly path: string;
  readonly kind: ImageKind;
  readonly blockBytes: number;
  /** Where a record of what is written is kept while the image is on the move; none unless given. */
  readonly recordFolder?: string;
  readonly expected?: ExpectedFile;
}

/**
 * An image that a workload writes through: file + dirty map + write gate. The in-process form of the
 * write-intercept API.
 *
 * A write is: through the gate, into the record (if one is kept), into the file, mark dirty, out of the gate, then the caller is told.
 * So whoever closes the gate and waits until it is drained finds every acknowledged write both in the
 * file and in the map. Errors: E_RANGE, E_MOVED (with `location`), E_COLD, E_IO.
 *
 * Whoever waits at the gate waits with Atomics.waitAsync, which does not keep a thread alive: a thread
 * that does nothing else needs something that does (a server, a message port), or it ends meanwhile.
 */
export class LiveImage {
  readonly name: string;
  readonly kind: ImageKind;
  readonly file: RawFile;
  readonly maps: ImageMaps;
  readonly counters: WriteCounters = { writes: 0, writtenBytes: 0, gateWaitMs: 0 };
  /** Where the image went; told to writers once the gate says moved. Known to the thread that set it alone. */
  location = '';

  private constructor(name: string, kind: ImageKind, file: RawFile, maps: ImageMaps) {
    this.name = name;
    this.kind = kind;
    this.file = file;
    this.maps = maps;
  }

  /** Opens an image with empty maps and an open gate. E_TOO_LARGE when its blocks cannot be counted. */
  static open(options: LiveImageOptions): LiveImage {
    const file = RawFile.open(options.path, 'r+', options.expected);
    const blocks = Math.ceil(file.size / options.blockBytes);
    if (blocks > MAX_BLOCKS) {
      file.closeSync();
      const limit = `${MAX_BLOCKS} blocks; use a larger block`;
      throw new GodwitError('E_TOO_LARGE', { what: `image "${options.name}"`, value: `${blocks} blocks`, limit });
    }
    const maps = ImageMaps.create(file.size, options.blockBytes, options.recordFolder);
    return new LiveImage(options.name, options.kind, file, maps);
  }

  /**
   * The same image in another thread, on a descriptor of its own, without the lock. Maps and gate are
   * shared, counters and `location` are not: E_MOVED comes with an empty location here.
   */
  static attach(handle: ImageHandle): LiveImage {
    return new LiveImage(handle.name, handle.kind, RawFile.open(handle.path), ImageMaps.attach(handle));
  }

  /** What `attach` in another thread needs. */
  handle(): ImageHandle {
    const { dirty, inFlight, unproven, checking, gate, history, log } = this.maps;
    return {
      name: this.name,
      path: this.file.path,
      file: this.file.identity(),
      kind: this.kind,
      size: this.size,
      blockBytes: this.blockBytes,
      dirty: dirty.buffer,
      inFlight: inFlight.buffer,
      unproven: unproven.buffer,
      checking: checking.buffer,
      gate: gate.buffer,
      history: history.buffer,
      ...(log === undefined ? {} : { log: log.handle() }),
    };
  }

  get size(): number {
    return this.file.size;
  }
  get blockBytes(): number {
    return this.maps.blockBytes;
  }

  /**
   * Holds the file against other agents until the image is closed (flock: advisory, agents alone ask it).
   * For whoever serves the image; lanes that read beside it do not lock. Where locks are not to be had it
   * does nothing. E_UNREADABLE when another agent has the file.
   */
  lock(): void {
    if (lockExclusively(this.file.fd) !== false) return;
    throw new GodwitError('E_UNREADABLE', { path: this.file.path, problem: 'another agent has it open' });
  }

  /**
   * Goes past a closed gate, for nothing changes meanwhile. Waits at a sealed one, for the bytes may have
   * changed elsewhere, until it is known who owns; at one that says moved they have.
   */
  async read(offset: number, length: number): Promise<Buffer> {
    this.#checkRange(offset, length);
    while (this.maps.gate.isHidden) await this.#whileState(this.maps.gate.state);
    if (this.maps.gate.state === GateState.moved) throw this.#moved();
    const target = Buffer.allocUnsafe(length);
    await this.file.read(target, offset);
    return target;
  }

  /** Resolves once the bytes are in the file (page cache) and their blocks are marked. */
  write(offset: number, data: Uint8Array): Promise<void> {
    return this.#change(offset, data.length, () => this.file.write(data, offset));
  }

  writeZeroes(offset: number, length: number): Promise<void> {
    return this.#change(offset, length, () => this.file.zero(offset, length));
  }

  /** Frees the range; it reads as zeros afterwards, here and at the destination. */
  discard(offset: number, length: number): Promise<void> {
    return this.#change(offset, length, () => this.file.zero(offset, length));
  }

  /**
   * fdatasync; covers every write acknowledged before the call, by whatever thread. It changes nothing and
   * does not hold the gate: a freeze would wait for the disk.
   */
  async flush(): Promise<void> {
    const { gate } = this.maps;
    while (gate.state === GateState.closed || gate.isHidden) await this.#whileState(gate.state);
    if (gate.state === GateState.moved) throw this.#moved();
    await this.file.sync();
  }

  /**
   * For a writer that changed the file itself: call after the change and rely on it once this resolves.
   * It passes the gate as a write does, for a block that is marked after the last round never travels.
   */
  markDirty(offset: number, length: number): Promise<void> {
    return this.#throughGate(offset, length, () => Promise.resolve());
  }

  /** Closes the gate and waits for writes in progress; new ones wait. */
  async freeze(): Promise<void> {
    this.maps.gate.close();
    await this.maps.gate.drained();
  }

  /** Opens the gate; whoever waits goes on. */
  thaw(): void {
    this.maps.gate.open();
  }

  async close(): Promise<void> {
    this.maps.log?.close();
    await this.file.close();
  }

  #change(offset: number, length: number, change: () => Promise<void>): Promise<void> {
    return this.#throughGate(offset, length, async () => {
      await change();
      if (length > 0) this.counters.writes += 1;
      this.counters.writtenBytes += length;
    });
  }

  async #throughGate(offset: number, length: number, inside: () => Promise<void>): Promise<void> {
    this.#checkRange(offset, length);
    const turn = await this.#enter();
    try {
      faultPoint('image.write.entered');
      this.maps.willChange(offset, length);
      faultPoint('image.write.recorded');
      await inside();
      faultPoint('image.write.written');
    } finally {
      // Also after a failure: part of it may have reached the file.
      this.maps.markDirty(offset, length);
      faultPoint('image.write.marked');
      this.maps.gate.leave(turn);
    }
  }

  async #enter(): Promise<0 | 1> {
    for (;;) {
      const turn = this.maps.gate.tryEnter();
      if (turn !== -1) return turn;
      const state = this.maps.gate.state;
      if (state === GateState.moved) throw this.#moved();
      if (state === GateState.refusing) throw new GodwitError('E_COLD', { name: this.name });
      await this.#whileState(state);
    }
  }

  async #whileState(state: number): Promise<void> {
    if (this.maps.gate.state !== state) return;
    const since = performance.now();
    await this.maps.gate.changed(state);
    this.counters.gateWaitMs += performance.now() - since;
  }

  #moved(): GodwitError {
    return new GodwitError('E_MOVED', { name: this.name, location: this.location });
  }

  #checkRange(offset: number, length: number): void {
    const valid = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
    if (!valid || offset + length > this.size) throw new GodwitError('E_RANGE', { offset, length, size: this.size });
  }
}
