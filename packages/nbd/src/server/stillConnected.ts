import type net from 'node:net';
import { peerHasLeft } from '@godwit/native';
import { descriptorOf } from './descriptor.js';

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
