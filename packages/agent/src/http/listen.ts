import { Server as TlsServer } from 'node:tls';
import { GodwitError, problemOf, systemCodeOf } from '@godwit/errors';
import { type Address, formatAddress } from '../units/address.js';
import type { Api } from './api.js';

/** Where an API came to listen; `port` is the real one when port 0 was asked for. */
export interface Listening {
  readonly url: string;
  readonly port: number;
}

/**
 * Starts to listen at exactly `address`.
 *
 * @param flag the option that chose the address, for the error
 * @throws GodwitError E_PORT_IN_USE, E_ADDRESS
 */
export async function listen(app: Api, address: Address, flag: string): Promise<Listening> {
  try {
    await app.listen({ host: address.host, port: address.port });
  } catch (thrown) {
    throw listenError(thrown, address, flag);
  }
  const bound = app.server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
  const scheme = app.server instanceof TlsServer ? 'https' : 'http';
  return { url: `${scheme}://${formatAddress({ host: address.host, port })}`, port };
}

/** A failure to listen as the user meets it; also for sockets that are not an API's. */
export function listenError(thrown: unknown, address: Address, flag: string): GodwitError {
  const shown = formatAddress(address);
  if (systemCodeOf(thrown) === 'EADDRINUSE') {
    return new GodwitError('E_PORT_IN_USE', { address: shown, flag }, { cause: thrown });
  }
  if (thrown instanceof GodwitError) return thrown;
  return new GodwitError('E_ADDRESS', { address: shown, problem: describe(thrown) }, { cause: thrown });
}

function describe(thrown: unknown): string {
  switch (systemCodeOf(thrown)) {
    case 'EADDRNOTAVAIL':
      return 'no interface of this machine has that address';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the host name is unknown';
    case 'EACCES':
      return 'not permitted; ports below 1024 are reserved';
    default:
      return problemOf(thrown);
  }
}
