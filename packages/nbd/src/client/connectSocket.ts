import net from 'node:net';
import { GodwitError, problemOf, systemCodeOf } from '@godwit/errors';
import { formatNbdAddress, type NbdAddress } from './uri.js';

/**
 * Connects; what answers there is not known yet. The socket has a listener for errors.
 *
 * @param signal ends the attempt; its reason is thrown
 * @throws GodwitError E_UNREACHABLE
 */
export function connectSocket(address: NbdAddress, signal: AbortSignal): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ ...address, noDelay: true, keepAlive: true });
    const fail = (error: unknown) => {
      socket.destroy();
      reject(error);
    };
    const onAbort = () => fail(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    // For good: an 'error' that nobody listens to would end the process.
    socket.on('error', (error) => fail(unreachable(address, describe(error), error)));
    socket.once('connect', () => {
      signal.removeEventListener('abort', onAbort);
      resolve(socket);
    });
  });
}

/** E_UNREACHABLE for an address. */
export function unreachable(address: NbdAddress, problem: string, cause?: unknown): GodwitError {
  return new GodwitError('E_UNREACHABLE', { address: formatNbdAddress(address), problem }, { cause });
}

function describe(error: unknown): string {
  switch (systemCodeOf(error)) {
    case 'ECONNREFUSED':
      return 'nobody listens there';
    case 'ENOENT':
      return 'there is no such socket';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the host name is unknown';
    default:
      return systemCodeOf(error) ?? problemOf(error);
  }
}
