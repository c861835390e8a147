import { timingSafeEqual } from 'node:crypto';
import type net from 'node:net';
import type { TLSSocket } from 'node:tls';
import { GodwitError } from '@godwit/errors';
import { acceptSecurely, isToken, turnAway } from '@godwit/transport';
import type { LaneProof } from './laneMessages.js';

/**
 * Shakes hands with a connection that asked for TLS as a lane; resolves when it has proven to be one of this migration,
 * with a socket of which nothing was read behind the Hello. Runs in the lane's thread, for what TLS knows of a connection
 * stays in the thread that shook hands.
 *
 * @throws GodwitError as acceptSecurely, E_UNAUTHORIZED; the source has been told, and the socket is being closed then
 */
export async function proveLane(socket: net.Socket, proof: LaneProof): Promise<TLSSocket> {
  const accepted = await acceptSecurely(socket, proof);
  const { token, sessionKey } = accepted.hello;
  if (isToken(token, proof.token) && isSessionKey(sessionKey, proof.sessionKey)) return accepted.socket;
  const error = new GodwitError('E_UNAUTHORIZED');
  turnAway(accepted.socket, error);
  throw error;
}

/** Whether a lane shows the secret that its migration was given with Accept. */
export function isSessionKey(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** What a connection is told that is proven, and is not needed. */
export function laneTaken(lane: number): GodwitError {
  return new GodwitError('E_PROTOCOL', { problem: `lane ${lane} is not free` });
}
