import type net from 'node:net';
import { duplicate } from '@godwit/native';

/** The descriptor beneath a socket; Node keeps it in a handle that it does not document. */
export function descriptorOf(socket: net.Socket): number | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
  return typeof fd === 'number' && fd >= 0 ? fd : undefined;
}

/**
 * Takes the connection out of a socket that nobody has read, which is closed then: its descriptor. Undefined, and nothing
 * has happened, where descriptors are not to be had.
 */
export function takeDescriptor(socket: net.Socket): number | undefined {
  const fd = descriptorOf(socket);
  const copy = fd === undefined ? undefined : duplicate(fd);
  // Closes this descriptor alone; the duplicate keeps the connection.
  if (copy !== undefined) socket.destroy();
  return copy;
}
