import { endianness } from 'node:os';
import { Errno, type Libc, libc, SystemCallError } from './libc.js';

const POLLIN = 0x1;
const POLLOUT = 0x4;
const POLLERR = 0x8;
const POLLHUP = 0x10;
const POLLNVAL = 0x20;
const POLLRDHUP = 0x2000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
const MSG_MORE = 0x8000;
const SHUT_WR = 1;
const SHUT_RDWR = 2;
const IS_LITTLE_ENDIAN = endianness() === 'LE';
/** One for all calls of a thread: none of them is inside another. */
const POLL_FD = Buffer.alloc(8);
const POLL_VIEW = new DataView(POLL_FD.buffer, POLL_FD.byteOffset, POLL_FD.length);

/** Linux, all architectures (uapi/linux/fcntl.h). */
const F_DUPFD_CLOEXEC = 1030;

/**
 * Duplicates a descriptor (fcntl(2)); undefined when that is not to be had. No program that this one starts inherits it: a connection
 * that a child holds open, such as a machine's QEMU, does not end when the agent does, and its client never comes again.
 */
export function duplicate(fd: number): number | undefined {
  if (libc === undefined) return undefined;
  const copy = libc.fcntl(fd, F_DUPFD_CLOEXEC, 'int', 0);
  if (copy < 0) throw new SystemCallError('fcntl', libc.errno());
  return copy;
}

/**
 * Closes a descriptor that Node does not know, such as what `duplicate` gave (close(2)); it is closed whatever the call answers. Not fs.closeSync: a thread warns of
 * descriptors that it did not open by itself. Needs `hasNative`.
 */
export function closeDescriptor(fd: number): void {
  native().close(fd);
}

/**
 * True when the peer of a stream socket has closed or reset its end, or will write no more (poll(2)
 * POLLRDHUP), whatever may still be unread. Undefined: not to be had here.
 */
export function peerHasLeft(fd: number): boolean | undefined {
  if (libc === undefined) return undefined;
  return (poll(libc, fd, POLLRDHUP, 0) & (POLLRDHUP | POLLHUP | POLLERR)) !== 0;
}

/** What a thread waits for at a socket. */
export interface SocketEvents {
  readonly read: boolean;
  readonly write: boolean;
}

/**
 * Holds the thread until `fd` has something to read or takes something to send, whatever is wanted, or its peer has
 * left, or `timeoutMs` are over (poll(2)). False: the time was over. Needs `hasNative`.
 */
export function waitForSocket(fd: number, { read, write }: SocketEvents, timeoutMs: number): boolean {
  return poll(native(), fd, (read ? POLLIN : 0) | (write ? POLLOUT : 0), timeoutMs) !== 0;
}

/**
 * Sends what the kernel takes of `bytes` without waiting (send(2)) and returns how many bytes that was: 0 when it
 * takes nothing now. `more` says that further bytes follow at once. Needs `hasNative`.
 */
export function sendSome(fd: number, bytes: Uint8Array, more: boolean): number {
  const flags = MSG_DONTWAIT | MSG_NOSIGNAL | (more ? MSG_MORE : 0);
  return Math.max(
    0,
    transfer('send', (libc) => libc.send(fd, bytes, bytes.length, flags)),
  );
}

/**
 * Receives what is there into `target`, without waiting (recv(2)): how many bytes, 0 when the peer has ended its
 * side, -1 when nothing is there now. Needs `hasNative`.
 */
export function receiveSome(fd: number, target: Uint8Array): number {
  return transfer('recv', (libc) => libc.recv(fd, target, target.length, MSG_DONTWAIT));
}

/** Ends a connection for writing, or for both (shutdown(2)); the descriptor stays. Needs `hasNative`. */
export function shutDownSocket(fd: number, side: 'write' | 'both'): void {
  const libc = native();
  if (libc.shutdown(fd, side === 'write' ? SHUT_WR : SHUT_RDWR) === 0) return;
  // The peer was quicker.
  if (libc.errno() !== Errno.ENOTCONN) throw new SystemCallError('shutdown', libc.errno());
}

/** -1: it would have to wait. */
function transfer(call: string, once: (libc: Libc) => number): number {
  const libc = native();
  for (;;) {
    const count = once(libc);
    if (count >= 0) return count;
    const errno = libc.errno();
    if (errno === Errno.EWOULDBLOCK) return -1;
    if (errno !== Errno.EINTR) throw new SystemCallError(call, errno);
  }
}

/** The events that are there of those wanted; 0 when the time was over. */
function poll(libc: Libc, fd: number, events: number, timeoutMs: number): number {
  // struct pollfd: int fd, short events, short revents.
  POLL_VIEW.setInt32(0, fd, IS_LITTLE_ENDIAN);
  POLL_VIEW.setInt16(4, events, IS_LITTLE_ENDIAN);
  while (libc.poll(POLL_FD, 1, timeoutMs) < 0) {
    // A signal was pending (a profiler's, a person's): that says nothing of the peer.
    if (libc.errno() !== Errno.EINTR) throw new SystemCallError('poll', libc.errno());
  }
  const found = POLL_VIEW.getInt16(6, IS_LITTLE_ENDIAN);
  if ((found & POLLNVAL) !== 0) throw new SystemCallError('poll', Errno.EBADF);
  return found;
}

function native(): Libc {
  if (libc === undefined) throw new Error('system calls are not to be had here');
  return libc;
}
