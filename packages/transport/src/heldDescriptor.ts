import { fstatSync } from 'node:fs';
import type net from 'node:net';
import { closeDescriptor, duplicate } from '@godwit/native';

/**
 * A socket's descriptor on its way to a thread, which may end at any moment without closing it. Held by the
 * thread that made it until it is told that the other has it.
 */
export class HeldDescriptor {
  readonly fd: number;
  readonly #inode: bigint | undefined;
  #isHeld = true;

  constructor(fd: number) {
    this.fd = fd;
    this.#inode = inodeOf(fd);
  }

  /** The other thread has it and closes it. */
  passOn(): void {
    this.#isHeld = false;
  }

  /** Closes it, if it is still held. To be called when the other thread can adopt it no more. */
  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    // A thread may have adopted it and ended before it could say so; the number may by now be another's.
    if (this.#inode !== undefined && inodeOf(this.fd) === this.#inode) closeDescriptor(this.fd);
  }
}

function inodeOf(fd: number): bigint | undefined {
  try {
    return fstatSync(fd, { bigint: true }).ino;
  } catch {
    return undefined;
  }
}

/**
 * A second descriptor of an accepted connection, for another thread: the caller destroys the socket, which
 * does not shut the connection down. Undefined where descriptors are not to be had.
 */
export function heldDescriptorOf(socket: net.Socket): HeldDescriptor | undefined {
  const fd = descriptorOf(socket);
  // Set here, for the other thread has system calls alone: with Nagle's algorithm a second small frame waits for the
  // peer's delayed acknowledgement of the first, some 40 ms.
  socket.setNoDelay(true);
  const copy = fd === undefined ? undefined : duplicate(fd);
  return copy === undefined ? undefined : new HeldDescriptor(copy);
}

/** The descriptor beneath a socket; Node keeps it in a handle that it does not document. */
function descriptorOf(socket: net.Socket): number | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
}
