import type net from 'node:net';
import { peerHasLeft } from '@godwit/native';

/**
 * Whether the client of a socket of this thread is still there, asked of the system: it knows also while the socket
 * is not read. True where that is not to be had.
 */
export function stillConnectedOf(socket: net.Socket): () => boolean {
  return () => {
    if (socket.destroyed) return false;
    const fd = descriptorOf(socket);
    return fd === undefined || peerHasLeft(fd) !== true;
  };
}

/** The descriptor beneath a socket; Node keeps it in a handle that it does not document. */
function descriptorOf(socket: net.Socket): number | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
}
