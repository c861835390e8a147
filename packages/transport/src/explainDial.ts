import type net from 'node:net';
import { GodwitError, systemCodeOf } from '@godwit/errors';
import { isReported } from './frameSocket.js';

/** Options for net.connect: keep-alive as a second line of defence behind the heartbeats. */
export function connectOptions(address: { host: string; port: number }): net.TcpNetConnectOpts {
  return { host: address.host, port: address.port, keepAlive: true, keepAliveInitialDelay: 5000 };
}

/** What a failed dial means to the user. */
export function explainDial(address: string, error: GodwitError | undefined): GodwitError {
  if (error === undefined) {
    return new GodwitError('E_NOT_GODWIT', { address }, { detail: 'closed the connection without a hello' });
  }
  if (isReported(error)) return error;
  if (error.code === 'E_PROTOCOL' || error.code === 'E_DAMAGED')
    return new GodwitError('E_NOT_GODWIT', { address }, { cause: error });
  const systemCode = systemCodeOf(error.cause);
  if (systemCode === 'ECONNRESET' || systemCode === 'EPIPE') {
    return new GodwitError('E_NOT_GODWIT', { address }, { cause: error, detail: 'reset the connection at the hello' });
  }
  if (systemCode !== undefined)
    return new GodwitError('E_UNREACHABLE', { address, problem: systemCode }, { cause: error });
  return error;
}
