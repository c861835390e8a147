/**
 * The server's side of TLS. A connection hands its socket over after it has acknowledged STARTTLS, and goes on
 * with the one that comes back.
 */
import type { Socket } from 'node:net';
import { createSecureContext, createServer, type SecureContext, type TLSSocket } from 'node:tls';

/** A certificate with its key and, for clients to be proven, who must have signed theirs. All in PEM, as texts: they travel to threads. */
export interface TlsMaterial {
  /** The certificate, intermediate ones behind it. */
  readonly cert: string;
  readonly key: string;
  /** Given: a client must show a certificate that one of these signed. */
  readonly ca?: string;
}

/** GnuTLS and OpenSSL of every client that we meet have 1.3; 1.2 is the oldest that is not broken (RFC 8996). */
const OLDEST_VERSION = 'TLSv1.2';

/**
 * Reads the material as a handshake would.
 *
 * @throws Error of OpenSSL when it cannot be used: no PEM, a key of another certificate, a key too weak
 */
export function secureContextOf(material: TlsMaterial): SecureContext {
  return createSecureContext({ ...material, minVersion: OLDEST_VERSION });
}

/**
 * Shakes hands on a socket whose next byte is the client's first of TLS. Bytes that were received in plain
 * text must not be in it any more: what a socket has buffered is taken for the client's part of the handshake.
 *
 * A `tls.Server` for each connection, not a bare TLSSocket: only the server's own listener looks at the
 * verdict on the client's certificate, a TLSSocket takes a stranger's whatever `rejectUnauthorized` says.
 * That also means that no session is resumed, so each connection shows its certificate. Costs 1 ms.
 *
 * @returns the socket of what is inside, with the client's certificate proven where there is a `ca`
 * @throws Error that says in one line why the client did not end its handshake well, or in time; the socket is
 *   destroyed then
 */
export function upgradeToTls(socket: Socket, material: TlsMaterial, handshakeTimeoutMs: number): Promise<TLSSocket> {
  const prove = material.ca !== undefined;
  const server = createServer({
    ...material,
    minVersion: OLDEST_VERSION,
    handshakeTimeout: handshakeTimeoutMs,
    requestCert: prove,
    rejectUnauthorized: prove,
  });
  return new Promise((resolve, reject) => {
    server.once('secureConnection', resolve);
    server.once('tlsClientError', (error, secure) => {
      secure.destroy();
      socket.destroy();
      reject(new Error(`TLS handshake failed: ${reasonOf(error, secure)}`, { cause: error }));
    });
    server.emit('connection', socket);
  });
}

/** OpenSSL's verdict on the certificate, or its reason without the names of its functions and files. */
function reasonOf(error: Error, { authorizationError }: TLSSocket): string {
  // Typed as an Error, and a code such as CERT_HAS_EXPIRED where it was set.
  if (authorizationError) return String(authorizationError);
  return 'reason' in error && typeof error.reason === 'string' ? error.reason : error.message;
}
