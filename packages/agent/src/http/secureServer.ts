import { constants } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { TlsMaterial } from '@godwit/nbd';
import { LIMITS } from '@godwit/protocol';
import type { AgentTls } from '../tls/agentTls.js';

/** As fastify sets them on servers that it makes itself: a write may wait for hours at a gate. */
const KEEP_ALIVE_MS = 72_000;
const NO_REQUEST_TIMEOUT = 0;

/** What of an agent's certificate an API uses. */
export type ServedTls = Pick<AgentTls, 'material' | 'peer' | 'onRenewed'>;

/**
 * Makes the server of an API with TLS 1.3. A certificate is asked for where there is an authority, and judged by each
 * request (authorization.ts): a probe needs none, and a token does instead.
 */
export function secureServers(tls: ServedTls): (handler: RequestListener) => Server {
  return (handler) => {
    const server = createServer(
      {
        ...contextOf(tls.material),
        handshakeTimeout: LIMITS.helloTimeoutMs,
        requestCert: tls.peer !== undefined,
        rejectUnauthorized: false,
      },
      handler,
    );
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    server.requestTimeout = NO_REQUEST_TIMEOUT;
    tls.onRenewed((material) => server.setSecureContext(contextOf(material)));
    return server;
  };
}

/** No tickets: each connection is to show its certificate, and who showed none is not to be taken for one who did. */
function contextOf(material: TlsMaterial) {
  return { ...material, minVersion: 'TLSv1.3', secureOptions: constants.SSL_OP_NO_TICKET } as const;
}
