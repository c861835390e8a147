import type net from 'node:net';
import type { GodwitError } from '@godwit/errors';
import { encodeFrame } from '@godwit/protocol';
import { failureOf } from './frameSocket.js';

/** Ends a connection that nobody owns yet with a named error. */
export function turnAway(socket: net.Socket, error: GodwitError): void {
  socket.resume();
  socket.end(encodeFrame('Failure', failureOf(error)));
  // The peer's patience is not ours: what it does not read within a second is dropped, whatever it says.
  const timer = setTimeout(() => socket.destroy(), 1000);
  socket.once('close', () => clearTimeout(timer));
}
