/**
 * The few system calls that Node does not offer, through koffi (prebuilt, about 0.8 us a call). Every
 * function has a stated answer for "not to be had here" (koffi missing, file system unable), so that
 * callers fall back instead of failing. GODWIT_NO_NATIVE=1 forces the fallbacks.
 */
import { endianness } from 'node:os';

const SEEK_END = 2;
const SEEK_DATA = 3;
const SEEK_HOLE = 4;
const FALLOC_FL_KEEP_SIZE = 1;
const FALLOC_FL_PUNCH_HOLE = 2;
const FALLOC_FL_ZERO_RANGE = 0x10;
const LOCK_EX = 2;
const LOCK_NB = 4;
const POLLERR = 0x8;
const POLLHUP = 0x10;
const POLLNVAL = 0x20;
const POLLRDHUP = 0x2000;
const EINTR = 4;
const EBADF = 9;
const EWOULDBLOCK = 11;
const ENXIO = 6;
const EINVAL = 22;
const EOPNOTSUPP = 95;
const ENOLCK = 37;
const ENOSYS = 38;

const IS_LITTLE_ENDIAN = endianness() === 'LE';

interface Libc {
  lseek(fd: number, offset: number, whence: number): number;
  fallocate(fd: number, mode: number, offset: number, length: number): number;
  dup(fd: number): number;
  flock(fd: number, operation: number): number;
  poll(fds: Uint8Array, count: number, timeoutMs: number): number;
  errno(): number;
}

/** A system call that failed for a reason that is no "unsupported"; `errno` as the kernel gave it. */
export class SystemCallError extends Error {
  readonly errno: number;
  constructor(call: string, errno: number) {
    super(`${call} failed with errno ${errno}`);
    this.name = 'SystemCallError';
    this.errno = errno;
  }
}

async function load(): Promise<Libc | undefined> {
  if (process.env['GODWIT_NO_NATIVE'] === '1' || process.platform !== 'linux') return undefined;
  try {
    const { default: koffi } = await import('koffi');
    const library = koffi.load(null);
    return {
      lseek: library.func('int64_t lseek(int fd, int64_t offset, int whence)'),
      fallocate: library.func('int fallocate(int fd, int mode, int64_t offset, int64_t length)'),
      dup: library.func('int dup(int fd)'),
      flock: library.func('int flock(int fd, int operation)'),
      poll: library.func('int poll(_Inout_ uint8_t *fds, unsigned long count, int timeout)'),
      errno: () => koffi.errno(),
    };
  } catch {
    // No prebuilt binary for this platform: the documented fallbacks apply.
    return undefined;
  }
}

const libc = await load();

/** True when the system calls are to be had; false when every caller is on its fallback. */
export const hasNative = libc !== undefined;

function seek(fd: number, offset: number, whence: number): number | 'none' | undefined {
  if (libc === undefined) return undefined;
  const found = libc.lseek(fd, offset, whence);
  if (found >= 0) return found;
  const errno = libc.errno();
  if (errno === ENXIO) return 'none';
  if (errno === EINVAL || errno === EOPNOTSUPP) return undefined;
  throw new SystemCallError('lseek', errno);
}

/**
 * Offset of the first data byte at or after `offset` (lseek(2) SEEK_DATA); 'none' when only a hole
 * follows; undefined when the file system cannot say. Moves the descriptor's position, which nobody uses.
 */
export function nextData(fd: number, offset: number): number | 'none' | undefined {
  return seek(fd, offset, SEEK_DATA);
}

/** Offset of the first hole at or after `offset` (SEEK_HOLE; the end of the file counts as one), else as nextData. */
export function nextHole(fd: number, offset: number): number | 'none' | undefined {
  return seek(fd, offset, SEEK_HOLE);
}

/** Size of what `fd` refers to in bytes, block devices included; undefined when it cannot be asked. */
export function seekEnd(fd: number): number | undefined {
  const end = seek(fd, 0, SEEK_END);
  return end === 'none' ? undefined : end;
}

function fallocate(fd: number, mode: number, offset: number, length: number): boolean {
  if (libc === undefined) return false;
  if (libc.fallocate(fd, mode | FALLOC_FL_KEEP_SIZE, offset, length) === 0) return true;
  const errno = libc.errno();
  if (errno === EOPNOTSUPP || errno === ENOSYS || errno === EINVAL) return false;
  throw new SystemCallError('fallocate', errno);
}

/** Frees a byte range so that it reads as zeros (fallocate(2) PUNCH_HOLE); false: unsupported, write zeros instead. */
export function punchHole(fd: number, offset: number, length: number): boolean {
  return fallocate(fd, FALLOC_FL_PUNCH_HOLE, offset, length);
}

/**
 * Makes a byte range read as zeros and keeps it allocated (fallocate(2) ZERO_RANGE; where that is not to be had,
 * as on tmpfs, the range is freed and allocated again). False: unsupported, write zeros instead; nothing has changed.
 */
export function zeroRange(fd: number, offset: number, length: number): boolean {
  if (fallocate(fd, FALLOC_FL_ZERO_RANGE, offset, length)) return true;
  // Allocated first of all, so that a file system that cannot do it, or is full, has lost nothing yet.
  const allocates = fallocate(fd, 0, offset, length);
  return allocates && punchHole(fd, offset, length) && fallocate(fd, 0, offset, length);
}

/** Duplicates a descriptor (dup(2)); undefined when that is not to be had. */
export function duplicate(fd: number): number | undefined {
  if (libc === undefined) return undefined;
  const copy = libc.dup(fd);
  if (copy < 0) throw new SystemCallError('dup', libc.errno());
  return copy;
}

/**
 * Takes an exclusive lock on an open file (flock(2), released when the process ends however it ends).
 * False: another open of the file holds it. Undefined: not to be had here (ENOLCK: NFS without a lock daemon).
 */
export function lockExclusively(fd: number): boolean | undefined {
  if (libc === undefined) return undefined;
  if (libc.flock(fd, LOCK_EX | LOCK_NB) === 0) return true;
  const errno = libc.errno();
  if (errno === EWOULDBLOCK) return false;
  if (errno === ENOLCK || errno === EOPNOTSUPP || errno === ENOSYS) return undefined;
  throw new SystemCallError('flock', errno);
}

/**
 * True when the peer of a stream socket has closed or reset its end, or will write no more (poll(2)
 * POLLRDHUP), whatever may still be unread. Undefined: not to be had here.
 */
export function peerHasLeft(fd: number): boolean | undefined {
  if (libc === undefined) return undefined;
  // struct pollfd: int fd, short events, short revents.
  const fds = Buffer.alloc(8);
  const view = new DataView(fds.buffer, fds.byteOffset, fds.length);
  view.setInt32(0, fd, IS_LITTLE_ENDIAN);
  view.setInt16(4, POLLRDHUP, IS_LITTLE_ENDIAN);
  while (libc.poll(fds, 1, 0) < 0) {
    // A signal was pending (a profiler's, a person's): that says nothing of the peer.
    if (libc.errno() !== EINTR) throw new SystemCallError('poll', libc.errno());
  }
  const found = view.getInt16(6, IS_LITTLE_ENDIAN);
  if ((found & POLLNVAL) !== 0) throw new SystemCallError('poll', EBADF);
  return (found & (POLLRDHUP | POLLHUP | POLLERR)) !== 0;
}
