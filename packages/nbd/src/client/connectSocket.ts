import net from 'node:net';
import { GodwitError, problemOf, systemCodeOf } from '@godwit/errors';
import { formatNbdAddress, type NbdAddress } from './uri.js';

/** One read of the system fills this: what a unix socket holds at most, by Linux' default. */
const RECEIVE_BYTES = 256 * 1024;

/**
 * Connects; what answers there is not known yet. The socket has a listener for errors, and its 'data' events give
 * bytes that hold until the listener returns; it must be there in the turn in which this resolves.
 *
 * @param turnsToTls whether it will be wrapped
 * @param signal ends the attempt; its reason is thrown
 * @throws GodwitError E_UNREACHABLE
 */
export function connectSocket(address: NbdAddress, turnsToTls: boolean, signal: AbortSignal): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = turnsToTls ? net.connect(settingsOf(address)) : connectWithBuffer(address);
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

function settingsOf(address: NbdAddress): net.NetConnectOpts {
  return { ...address, noDelay: true, keepAlive: true };
}

/**
 * Reads all that comes into one buffer. Node's own way makes one of 64 KiB for each read, and a client that reads fast
 * spends half its time collecting them. A socket that was opened so cannot turn to TLS.
 */
function connectWithBuffer(address: NbdAddress): net.Socket {
  const buffer = Buffer.allocUnsafeSlow(RECEIVE_BYTES);
  const callback = (bytes: number) => {
    socket.emit('data', buffer.subarray(0, bytes));
    return true;
  };
  const socket = net.connect({ ...settingsOf(address), onread: { buffer, callback } });
  return socket;
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
