import { endianness } from 'node:os';
import { Errno, libc, SystemCallError } from './libc.js';

const POLLERR = 0x8;
const POLLHUP = 0x10;
const POLLNVAL = 0x20;
const POLLRDHUP = 0x2000;
const IS_LITTLE_ENDIAN = endianness() === 'LE';

/** Duplicates a descriptor (dup(2)); undefined when that is not to be had. */
export function duplicate(fd: number): number | undefined {
  if (libc === undefined) return undefined;
  const copy = libc.dup(fd);
  if (copy < 0) throw new SystemCallError('dup', libc.errno());
  return copy;
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
    if (libc.errno() !== Errno.EINTR) throw new SystemCallError('poll', libc.errno());
  }
  const found = view.getInt16(6, IS_LITTLE_ENDIAN);
  if ((found & POLLNVAL) !== 0) throw new SystemCallError('poll', Errno.EBADF);
  return (found & (POLLRDHUP | POLLHUP | POLLERR)) !== 0;
}
