/**
 * The few system calls that Node does not offer, through koffi (prebuilt, about 0.8 us a call). Every
 * function has a stated answer for "not to be had here" (koffi missing, file system unable), so that
 * callers fall back instead of failing.
 *
 * Two variables force that, for tests: GODWIT_NO_NATIVE=1 is a machine without koffi, GODWIT_NO_HOLES=1 a file
 * system that knows no holes. Threads inherit them.
 */
import { getSystemErrorName } from 'node:util';

/** What calls fail with, as Linux numbers it. */
export const Errno = {
  EINTR: 4,
  ENXIO: 6,
  EBADF: 9,
  EWOULDBLOCK: 11,
  EINVAL: 22,
  ENOLCK: 37,
  ENOSYS: 38,
  EOPNOTSUPP: 95,
  ENOTCONN: 107,
} as const;

/** Memory outside of JavaScript's. */
export interface Memory {
  allocate(bytes: number): bigint;
  release(address: bigint): void;
  put(address: bigint, bytes: Uint8Array): void;
  get(address: bigint, bytes: number): Buffer;
}

export interface Libc {
  lseek(fd: number, offset: number, whence: number): number;
  fallocate(fd: number, mode: number, offset: number, length: number): number;
  /** With an argument that is an int. */
  fcntl(fd: number, command: number, type: 'int', argument: number): number;
  close(fd: number): number;
  flock(fd: number, operation: number): number;
  poll(fds: Uint8Array, count: number, timeoutMs: number): number;
  send(fd: number, bytes: Uint8Array, length: number, flags: number): number;
  recv(fd: number, target: Uint8Array, length: number, flags: number): number;
  shutdown(fd: number, how: number): number;
  syscall(number: number, one: number, two: number, three: number): number;
  posix_fadvise(fd: number, offset: number, length: number, advice: number): number;
  sync_file_range(fd: number, offset: number, length: number, flags: number): number;
  cachestat(number: number, fd: number, range: BigUint64Array, stat: BigUint64Array, flags: number): number;
  socketpair(domain: number, type: number, protocol: number, fds: Int32Array): number;
  /** With the address of its struct msghdr. */
  recvmsg(fd: number, message: bigint, flags: number): number;
  /** Memory at an address of its own, for structs that point into each other. */
  readonly memory: Memory;
  errno(): number;
}

/** A system call that failed for a reason that is no "unsupported"; `errno` as the kernel gave it. */
export class SystemCallError extends Error {
  readonly errno: number;
  /** Its name, as Node's own system errors carry it. */
  readonly code: string;
  constructor(call: string, errno: number) {
    super(`${call} failed with errno ${errno}`);
    this.name = 'SystemCallError';
    this.errno = errno;
    this.code = getSystemErrorName(-errno);
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
      fcntl: library.func('int fcntl(int fd, int command, ...)'),
      close: library.func('int close(int fd)'),
      flock: library.func('int flock(int fd, int operation)'),
      poll: library.func('int poll(_Inout_ uint8_t *fds, unsigned long count, int timeout)'),
      send: library.func('int64_t send(int fd, const void *bytes, size_t length, int flags)'),
      recv: library.func('int64_t recv(int fd, void *target, size_t length, int flags)'),
      shutdown: library.func('int shutdown(int fd, int how)'),
      // Variadic in the header; its callers here pass longs alone, and it reads no other registers.
      syscall: library.func('long syscall(long number, long one, long two, long three)'),
      posix_fadvise: library.func('int posix_fadvise(int fd, int64_t offset, int64_t length, int advice)'),
      sync_file_range: library.func('int sync_file_range(int fd, int64_t offset, int64_t length, unsigned int flags)'),
      cachestat: library.func(
        'long syscall(long number, long fd, const uint64_t *range, _Out_ uint64_t *stat, unsigned long flags)',
      ),
      socketpair: library.func('int socketpair(int domain, int type, int protocol, _Out_ int *fds)'),
      recvmsg: library.func('int64_t recvmsg(int fd, void *message, int flags)'),
      memory: {
        allocate: (bytes) => koffi.address(koffi.alloc('uint8_t', bytes)),
        release: (address) => koffi.free(address),
        put: (address, bytes) => koffi.encode(address, koffi.array('uint8_t', bytes.length), bytes),
        get: (address, bytes) => Buffer.from(koffi.decode(address, koffi.array('uint8_t', bytes, 'Typed'))),
      },
      errno: () => koffi.errno(),
    };
  } catch {
    // No prebuilt binary for this platform: the documented fallbacks apply.
    return undefined;
  }
}

/** Undefined where the system calls are not to be had. */
export const libc = await load();

/** True when the system calls are to be had; false when every caller is on its fallback. */
export const hasNative = libc !== undefined;

/** True when file systems may be asked for holes; false when each is taken for one that has none. */
export const hasHoles = hasNative && process.env['GODWIT_NO_HOLES'] !== '1';
