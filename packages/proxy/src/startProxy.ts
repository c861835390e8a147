import type { Socket } from 'node:net';
import type { RunningDaemon } from '@godwit/agent';
import { type ClientTls, formatNbdAddress, type NbdAddress, NbdConnection, NbdEndpoint, SharedRoom } from '@godwit/nbd';
import { LIMITS } from '@godwit/protocol';
import type { UpstreamAddress } from './command/upstreams.js';
import type { FollowingParts, ProxyLog } from './following/parts.js';
import { type ClientExports, FollowedExports } from './owners/followedExports.js';
import { Owners } from './owners/owners.js';
import { ASKING_MS } from './owners/seekOwner.js';
import { REAL_TIME } from './time/time.js';

/** What a proxy is started with; every value checked. */
export interface ProxyOptions {
  readonly listen: NbdAddress;
  /** Where an export may be, at least one. */
  readonly to: readonly UpstreamAddress[];
  /** For those of them with TLS. */
  readonly tls?: ClientTls;
  /** How long a request may go without an answer while no owner is found. */
  readonly patienceMs: number;
  readonly logger: ProxyLog;
}

/** One client, and what it shares with others. */
interface Client {
  readonly socket: Socket;
  readonly exports: ClientExports;
  readonly connections: Set<NbdConnection>;
  readonly room: SharedRoom;
  readonly log: ProxyLog;
}

/** A proxy that listens. */
export interface RunningProxy extends RunningDaemon {
  /** Where it came to listen: with the real port when port 0 was asked for. */
  readonly address: NbdAddress;
}

/**
 * Starts the endpoint that follows exports to their owner. `close` drops its clients; what they have
 * unanswered may or may not have happened, as with any connection that is lost.
 *
 * @throws GodwitError E_PORT_IN_USE, E_ADDRESS, E_SOCKET_PATH
 */
export async function startProxy(options: ProxyOptions): Promise<RunningProxy> {
  const { logger: log, listen, patienceMs } = options;
  const addresses = options.to.map(({ address }) => address);
  const owners = new Owners(addresses, log);
  const parts = { owners, time: REAL_TIME, log, patienceMs, reach: reachOf(options) };
  const exports = new FollowedExports(parts);
  const connections = new Set<NbdConnection>();
  const room = new SharedRoom(LIMITS.nbdProxyInFlightBytes);
  const endpoint = await NbdEndpoint.listen(listen, {
    flag: '--listen',
    maximumConnections: LIMITS.nbdProxyConnections,
    openConnections: () => connections.size,
    onConnection: (socket) => serve({ socket, exports: exports.forClient(), connections, room, log }),
    onRefused: ({ code, message }) => log.warn({ code, reason: message }, 'connection refused'),
    onError: ({ message }) => log.error({ reason: message }, 'the NBD port reports an error'),
  });
  const address = 'path' in listen ? listen : { host: listen.host, port: endpoint.port ?? listen.port };
  const close = async () => {
    const closed = endpoint.close();
    for (const connection of connections) connection.destroy();
    await closed;
  };
  return { address, whereabouts: whereabouts(address, addresses), close };
}

/** How each address is reached; one with TLS never without. */
function reachOf({ to, tls = {} }: ProxyOptions): FollowingParts['reach'] {
  const withTls = new Set(to.filter((one) => one.tls).map(({ address }) => address));
  return (address) => ({ timeoutMs: ASKING_MS, ...(withTls.has(address) ? { tls } : {}) });
}

function serve({ socket, exports, connections, room, log }: Client): void {
  const connection = NbdConnection.take(socket, {
    exports,
    tls: { mode: 'off' },
    room,
    handshakeTimeoutMs: LIMITS.nbdHandshakeTimeoutMs,
    onLeft: () => exports.leave(),
    onEnd: (reason) => {
      connections.delete(connection);
      if (reason !== undefined) log.info({ reason }, 'a client was closed');
    },
  });
  connections.add(connection);
}

function whereabouts(address: NbdAddress, to: readonly NbdAddress[]): string {
  return `NBD on ${formatNbdAddress(address)}, following ${to.map(formatNbdAddress).join(', ')}`;
}
