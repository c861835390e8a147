import { isIP, type Socket } from 'node:net';
import tls from 'node:tls';
import type { NbdAddress } from './uri.js';

/** What a client shows and believes in, PEM. */
export interface ClientTls {
  /** Who must have signed the server's certificate; by default whom Node.js trusts. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** The name that the server's certificate must hold; by default the host that was connected to. */
  readonly serverName?: string;
}

/**
 * Shakes hands on a socket after the server's ACK to STARTTLS.
 *
 * @throws Error with OpenSSL's or Node's code; the socket is destroyed then
 */
export function startClientTls(socket: Socket, address: NbdAddress, options: ClientTls): Promise<tls.TLSSocket> {
  const { serverName, ...material } = options;
  const host = serverName ?? ('host' in address ? address.host : 'localhost');
  return new Promise((resolve, reject) => {
    // Names of addresses are not sent (RFC 6066, section 3), but checked against the certificate all the same.
    const sent = isIP(host) === 0 ? { servername: host } : {};
    const secure = tls.connect({ socket, host, ...sent, ...material, minVersion: 'TLSv1.2' });
    // For good: an 'error' that nobody listens to would end the process.
    secure.on('error', (error) => {
      secure.destroy();
      reject(error);
    });
    secure.once('close', () => reject(new Error('the connection was closed in the TLS handshake')));
    secure.once('secureConnect', () => resolve(secure));
  });
}
