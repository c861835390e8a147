import { Errno, libc, SystemCallError } from './libc.js';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_CLOEXEC = 0o2000000;
const MSG_CMSG_CLOEXEC = 0x40000000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;

/** struct msghdr, struct iovec, a byte of data, and struct cmsghdr with one int; as Linux has them where pointers are of 8 bytes. */
const MESSAGE_BYTES = 56;
const VECTOR_AT = MESSAGE_BYTES;
const VECTOR_BYTES = 16;
const DATA_AT = VECTOR_AT + VECTOR_BYTES;
const CONTROL_AT = DATA_AT + 8;
const CONTROL_HEAD_BYTES = 16;
const CONTROL_BYTES = CONTROL_HEAD_BYTES + 8;
const ALL_BYTES = CONTROL_AT + CONTROL_BYTES;

/** Two ends of a connection within this host (socketpair(2)), which no program inherits unless it is given one. @throws Error where that is not to be had */
export function socketPair(): readonly [number, number] {
  const native = need();
  const fds = new Int32Array(2);
  if (native.socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) !== 0) {
    throw new SystemCallError('socketpair', native.errno());
  }
  return [fds[0] ?? -1, fds[1] ?? -1];
}

/**
 * A descriptor that another process has sent over a unix socket (SCM_RIGHTS of unix(7)); waits until something comes.
 *
 * @throws SystemCallError; Error when something else came, or the other end has closed
 */
export function receiveDescriptor(socket: number): number {
  const native = need();
  const address = native.memory.allocate(ALL_BYTES);
  try {
    native.memory.put(address, messageAt(address));
    while (native.recvmsg(socket, address, MSG_CMSG_CLOEXEC) < 0) {
      if (native.errno() !== Errno.EINTR) throw new SystemCallError('recvmsg', native.errno());
    }
    const control = native.memory.get(address + BigInt(CONTROL_AT), CONTROL_BYTES);
    const isDescriptor = control.readInt32LE(8) === SOL_SOCKET && control.readInt32LE(12) === SCM_RIGHTS;
    if (!isDescriptor) throw new Error('no descriptor came over the socket');
    return control.readInt32LE(CONTROL_HEAD_BYTES);
  } finally {
    native.memory.release(address);
  }
}

function messageAt(address: bigint): Buffer {
  const bytes = Buffer.alloc(ALL_BYTES);
  bytes.writeBigUInt64LE(address + BigInt(VECTOR_AT), 16);
  bytes.writeBigUInt64LE(1n, 24);
  bytes.writeBigUInt64LE(address + BigInt(CONTROL_AT), 32);
  bytes.writeBigUInt64LE(BigInt(CONTROL_BYTES), 40);
  bytes.writeBigUInt64LE(address + BigInt(DATA_AT), VECTOR_AT);
  bytes.writeBigUInt64LE(1n, VECTOR_AT + 8);
  return bytes;
}

function need() {
  if (libc === undefined) throw new Error('system calls are not to be had here');
  return libc;
}
