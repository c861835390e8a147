import {
  type BigIntStats,
  close as closeCallback,
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  openSync,
  read,
  readFileSync,
  readSync,
  write,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';
import { GodwitError, problemOf, systemCodeOf } from '@godwit/errors';
import { faultPoint } from '@godwit/faults';
import {
  cachedBytes,
  dropCached,
  inBackground,
  nextData,
  nextHole,
  punchHole,
  seekEnd,
  startReading,
  startWriteBack,
  zeroRange,
} from '@godwit/native';

const readAsync = promisify(read);
const writeAsync = promisify(write);
const fdatasyncAsync = promisify(fdatasync);
const closeAsync = promisify(closeCallback);

const ZEROS = Buffer.alloc(1024 * 1024);
/**
 * Punching many extents takes long in the kernel (a terabyte: seconds), and the thread waits: it is done
 * in steps of so few milliseconds that the delay of the event loop stays within engine.md section 6.
 */
export const PUNCH_STEP_BYTES = 64 * 1024 ** 2;

/** What a range that reads as zeros is to be: freed, or still allocated. */
export type ZeroKind = 'hole' | 'allocated';

/** What a file that is opened has to be. */
export interface ExpectedFile {
  /** False: a path that ends in a symbolic link is refused. Where an identity is given links are never followed. */
  readonly followsLinks?: boolean;
  /** Of the file that is meant; any unless given. */
  readonly identity?: string;
  /** Looks at what was opened, which no one can change any more; its throw closes it. */
  readonly check?: (fd: number) => void;
}

/** A run of bytes of a file. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
}

/**
 * A raw file or block device by absolute offsets. Each thread opens its own. Every call transfers all
 * bytes or throws E_IO (short writes go on, a read past the file's end is E_SIZE_CHANGED).
 */
export class RawFile {
  readonly path: string;
  readonly fd: number;
  /** Bytes; fixed while open. */
  readonly size: number;
  readonly isBlockDevice: boolean;
  readonly #identity: string;
  #closed = false;
  #pending = 0;
  #idle: (() => void) | undefined;

  private constructor(path: string, fd: number, size: number, stat: BigIntStats) {
    this.path = path;
    this.fd = fd;
    this.size = size;
    this.isBlockDevice = stat.isBlockDevice();
    this.#identity = identityOf(stat);
  }

  /** Opens for reading and writing (`r+`) or reading (`r`). E_NO_FILE, E_UNREADABLE, E_NOT_AN_IMAGE. */
  static open(path: string, flags: 'r' | 'r+' = 'r+', expected: ExpectedFile = {}): RawFile {
    const fd = openOrExplain(path, flags, expected.followsLinks ?? expected.identity === undefined);
    try {
      expected.check?.(fd);
      const stat = fstatSync(fd, { bigint: true });
      if (expected.identity !== undefined && identityOf(stat) !== expected.identity) {
        throw new GodwitError('E_UNREADABLE', {
          path,
          problem: 'another file stands there than the one that was made',
        });
      }
      if (stat.isFile()) return new RawFile(path, fd, Number(stat.size), stat);
      if (stat.isBlockDevice()) return new RawFile(path, fd, blockDeviceSize(path, fd, Number(stat.rdev)), stat);
      throw new GodwitError('E_NOT_AN_IMAGE', { path, kind: stat.isDirectory() ? 'directory' : 'special file' });
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** What the file system counts, in bytes; a block device counts whole. */
  allocatedBytes(): number {
    return this.isBlockDevice ? this.size : fstatSync(this.fd).blocks * 512;
  }

  /** Throws E_SIZE_CHANGED when the file is no longer as long as when it was opened. */
  assertSize(): void {
    const now = this.isBlockDevice ? this.size : fstatSync(this.fd).size;
    if (now !== this.size) {
      throw new GodwitError('E_SIZE_CHANGED', { path: this.path, before: this.size, after: now });
    }
  }

  /**
   * Tells the file beneath from others, by whatever path it was opened: `dev:ino:birthtimeNs`, or
   * `device rdev`. A file that was given the inode of one that is gone has another time of birth (file
   * systems that keep none say 0). Device numbers may change when the host starts anew.
   */
  identity(): string {
    return this.#identity;
  }

  /** As readSync; at idle I/O priority if `isBackground`. */
  readWhenIdleSync(target: Uint8Array, offset: number, isBackground: boolean): void {
    inBackground(isBackground, () => this.readSync(target, offset));
  }

  readSync(target: Uint8Array, offset: number): void {
    for (let done = 0; done < target.length; ) {
      const count = this.#io(offset, () => {
        faultPoint('file.read');
        return readSync(this.fd, target, done, target.length - done, offset + done);
      });
      if (count === 0) this.#endedEarly(offset + done);
      done += count;
    }
  }

  writeSync(data: Uint8Array, offset: number): void {
    for (let done = 0; done < data.length; ) {
      done += this.#io(offset, () => {
        faultPoint('file.write');
        return writeSync(this.fd, data, done, data.length - done, offset + done);
      });
    }
  }

  read(target: Uint8Array, offset: number): Promise<void> {
    return this.#during(offset, async () => {
      for (let done = 0; done < target.length; ) {
        faultPoint('file.read');
        const { bytesRead } = await readAsync(this.fd, target, done, target.length - done, offset + done);
        if (bytesRead === 0) this.#endedEarly(offset + done);
        done += bytesRead;
      }
    });
  }

  write(data: Uint8Array, offset: number): Promise<void> {
    return this.#during(offset, () => this.#writeAll(data, offset));
  }

  async #writeAll(data: Uint8Array, offset: number): Promise<void> {
    for (let done = 0; done < data.length; ) {
      faultPoint('file.write');
      const { bytesWritten } = await writeAsync(this.fd, data, done, data.length - done, offset + done);
      done += bytesWritten;
    }
  }

  /** Makes a range read as zeros, by the file system where it can. Blocks the thread: for short ranges. */
  zeroSync(offset: number, length: number, kind: ZeroKind = 'hole'): void {
    if (this.zeroQuickly(offset, length, kind)) return;
    for (let done = 0; done < length; done += ZEROS.length) {
      this.writeSync(ZEROS.subarray(0, Math.min(ZEROS.length, length - done)), offset + done);
    }
  }

  /** As zeroSync, by the file system alone; false, and nothing is done, where it cannot. */
  zeroQuickly(offset: number, length: number, kind: ZeroKind = 'hole'): boolean {
    return this.#io(offset, () => this.#zeroed(offset, length, kind));
  }

  /** As zeroSync, in steps with a turn of the event loop before each; a range of one step is done at once. */
  zero(offset: number, length: number, kind: ZeroKind = 'hole'): Promise<void> {
    return this.#during(offset, async () => {
      for (let done = 0; done < length; done += PUNCH_STEP_BYTES) {
        // Before the first one, too: many calls that come together would each take a step in one turn.
        if (length > PUNCH_STEP_BYTES) await new Promise((resolve) => setImmediate(resolve));
        const step = Math.min(PUNCH_STEP_BYTES, length - done);
        if (!this.#zeroed(offset + done, step, kind)) await this.#writeZeros(offset + done, step);
      }
    });
  }

  #zeroed(offset: number, length: number, kind: ZeroKind): boolean {
    faultPoint('file.zero');
    return kind === 'hole' ? punchHole(this.fd, offset, length) : zeroRange(this.fd, offset, length);
  }

  async #writeZeros(offset: number, length: number): Promise<void> {
    for (let done = 0; done < length; done += ZEROS.length) {
      await this.#writeAll(ZEROS.subarray(0, Math.min(ZEROS.length, length - done)), offset + done);
    }
  }

  /** fdatasync. A failure is E_IO and is not to be retried: the kernel may have dropped the pages. */
  sync(): Promise<void> {
    return this.#during(0, () => {
      faultPoint('file.sync');
      return fdatasyncAsync(this.fd);
    });
  }

  /** See @godwit/native, as the next two; ranges may reach beyond the end. */
  startWriteBack(offset: number, length: number): void {
    if (!this.#closed) startWriteBack(this.fd, offset, length);
  }

  dropCached(offset: number, length: number): void {
    if (!this.#closed) dropCached(this.fd, offset, length);
  }

  startReading(offset: number, length: number): void {
    if (!this.#closed) startReading(this.fd, offset, length);
  }

  cachedBytes(offset: number, length: number): number | undefined {
    return this.#closed ? undefined : cachedBytes(this.fd, offset, length);
  }

  /** The runs of [from, end) that are not holes; the whole range where the file system cannot tell. */
  *dataRanges(from = 0, until = this.size): Generator<ByteRange> {
    // Beyond the end every question is answered by the size: nothing would ever go on.
    const end = Math.min(until, this.size);
    let position = from;
    while (position < end) {
      const data = this.nextData(position);
      if (data >= end) return;
      const stop = Math.min(end, this.nextHole(data));
      // A discard since the first question made a hole of it: the next question goes past it.
      if (stop > data) yield { offset: data, length: stop - data };
      position = stop;
    }
  }

  /** Offset of the next hole at or after `offset`, the size where none follows or that is not known. */
  nextHole(offset: number): number {
    if (offset >= this.size) return this.size;
    const found = nextHole(this.fd, offset);
    return typeof found === 'number' ? Math.min(found, this.size) : this.size;
  }

  /** Offset of the next byte that is not in a hole; the size when only a hole follows; `offset` where unknown. */
  nextData(offset: number): number {
    if (offset >= this.size) return this.size;
    const found = nextData(this.fd, offset);
    if (found === undefined) return offset;
    return found === 'none' ? this.size : found;
  }

  /** Closes once calls in progress are done; later ones are E_IO, never another file's bytes. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#pending > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    await closeAsync(this.fd);
  }

  closeSync(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.fd);
  }

  #endedEarly(offset: number): never {
    throw new GodwitError('E_SIZE_CHANGED', { path: this.path, before: this.size, after: offset });
  }

  #io<T>(offset: number, call: () => T): T {
    this.#assertOpen(offset);
    try {
      return call();
    } catch (error) {
      throw ioError(this.path, offset, error);
    }
  }

  /** One whole call, of however many system calls: `close` waits for its end. */
  async #during(offset: number, call: () => Promise<void>): Promise<void> {
    this.#assertOpen(offset);
    this.#pending += 1;
    try {
      await call();
    } catch (error) {
      throw ioError(this.path, offset, error);
    } finally {
      this.#pending -= 1;
      if (this.#pending === 0) this.#idle?.();
    }
  }

  #assertOpen(offset: number): void {
    if (this.#closed) throw new GodwitError('E_IO', { path: this.path, problem: 'the image was closed', offset });
  }
}

/** RawFile.identity, of what stat(2) says. */
export function identityOf(stat: BigIntStats): string {
  return stat.isBlockDevice() ? `device ${stat.rdev}` : `${stat.dev}:${stat.ino}:${stat.birthtimeNs}`;
}

/** A call that failed, by its name: E_DISK_FULL where room is missing, else E_IO; a GodwitError as it is. */
export function ioError(path: string, offset: number, error: unknown): GodwitError {
  if (error instanceof GodwitError) return error;
  const code = systemCodeOf(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new GodwitError('E_DISK_FULL', { path, problem: problemOf(error) }, { cause: error });
  }
  return new GodwitError('E_IO', { path, problem: problemOf(error), offset }, { cause: error });
}

function openOrExplain(path: string, flags: 'r' | 'r+', followsLinks: boolean): number {
  try {
    const access = flags === 'r' ? constants.O_RDONLY : constants.O_RDWR;
    return openSync(path, access | (followsLinks ? 0 : constants.O_NOFOLLOW));
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === 'ELOOP' && !followsLinks)
      throw new GodwitError('E_NOT_AN_IMAGE', { path, kind: 'symbolic link' }, { cause: error });
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new GodwitError('E_NO_FILE', { path }, { cause: error });
    if (code === 'EISDIR') throw new GodwitError('E_NOT_AN_IMAGE', { path, kind: 'directory' }, { cause: error });
    throw new GodwitError('E_UNREADABLE', { path, problem: problemOf(error) }, { cause: error });
  }
}

function blockDeviceSize(path: string, fd: number, rdev: number): number {
  const end = seekEnd(fd);
  if (end !== undefined) return end;
  // Linux dev_t as glibc's gnu_dev_major/minor take it apart.
  const major = (rdev >>> 8) & 0xfff;
  const minor = (rdev & 0xff) | ((rdev >>> 12) & 0xfff00);
  try {
    return Number(readFileSync(`/sys/dev/block/${major}:${minor}/size`, 'utf8')) * 512;
  } catch (error) {
    throw new GodwitError('E_UNREADABLE', { path, problem: 'size of the block device unknown' }, { cause: error });
  }
}
