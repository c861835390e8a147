import { timingSafeEqual } from 'node:crypto';
import type net from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { GodwitError, toGodwitError } from '@godwit/errors';
import { encodeFrame, type FrameHeaders, type RoleName } from '@godwit/protocol';
import { type Hailed, HelloReader } from '../helloReader.js';
import { turnAway } from '../turnAway.js';
import { handshakeProblem, PEER_TLS_RULES, type PeerTls, provenPeer } from './peerTls.js';

/** What a connection said in plain text, before TLS: enough to know whose it is, and nothing that is secret. */
export interface PlainHello {
  readonly role: RoleName;
  readonly version: number;
  readonly migrationId: string;
  readonly lane: number;
}

export interface AcceptSecurely {
  readonly tls: PeerTls;
  readonly said: PlainHello;
  /** What to call the other end. */
  readonly peer: string;
  /** How long the handshake and the Hello behind it may take together. */
  readonly timeoutMs: number;
  /** The certificate that it must be, where it is known. */
  readonly fingerprint?: string;
}

export interface AcceptedSecurely {
  /** Paused. */
  readonly socket: TLSSocket;
  readonly fingerprint: string;
  /** As it was said within TLS: what counts. */
  readonly hello: FrameHeaders['Hello'];
}

/**
 * The destination's side of TLS: says go, shakes hands, judges the certificate, and takes the Hello within. The next byte
 * in the socket must be the source's first of TLS.
 *
 * @throws GodwitError E_TLS, E_PEER_NAME, E_PROTOCOL, E_HELLO_TIMEOUT, or what the source reports. The source has been told,
 *   and the socket is being closed then.
 */
export async function acceptSecurely(socket: net.Socket, options: AcceptSecurely): Promise<AcceptedSecurely> {
  const { tls, said, peer, timeoutMs } = options;
  const until = performance.now() + timeoutMs;
  socket.setNoDelay(true);
  const go = { version: said.version, agentVersion: '', windowBytes: 0, heartbeatMs: 0 };
  socket.write(encodeFrame('HelloAck', go));
  const secure = await shakeHands(socket, tls, peer, timeoutMs);
  try {
    const fingerprint = provenPeer(secure, peer, tls.allowPeers);
    if (options.fingerprint !== undefined && !isSame(options.fingerprint, fingerprint)) {
      const problem = 'a lane shows another certificate than its control connection';
      throw new GodwitError('E_TLS', { peer, problem });
    }
    const within = await readHello(secure, Math.max(1, until - performance.now()), timeoutMs);
    if (!isEqual(within, said)) {
      throw new GodwitError('E_PROTOCOL', { problem: 'the hello within TLS is not that of the plain text' });
    }
    return { socket: secure, fingerprint, hello: within.hello };
  } catch (thrown) {
    const error = toGodwitError(thrown);
    turnAway(secure, error);
    throw error;
  }
}

/**
 * By a `tls.Server` of its own: only that knows sessions of nobody else, so that none is resumed. Costs 1 ms.
 */
function shakeHands(socket: net.Socket, tls: PeerTls, peer: string, timeoutMs: number): Promise<TLSSocket> {
  const { cert, key, ca } = tls;
  return new Promise((resolve, reject) => {
    const fail = (problem: string, cause?: unknown) => {
      socket.destroy();
      reject(new GodwitError('E_TLS', { peer, problem }, { cause }));
    };
    const server = createServer({
      ...{ cert, key, ca },
      ...PEER_TLS_RULES,
      handshakeTimeout: timeoutMs,
      honorCipherOrder: true,
      requestCert: true,
      // provenPeer does, so that the source hears why.
      rejectUnauthorized: false,
    });
    server.once('secureConnection', (secure) => {
      // For good: an 'error' that nobody listens to would end the process.
      secure.on('error', () => secure.destroy());
      resolve(secure);
    });
    server.once('tlsClientError', (error, secure) => {
      secure.destroy();
      fail(handshakeProblem(error), error);
    });
    server.emit('connection', socket);
  });
}

function readHello(socket: TLSSocket, leftMs: number, timeoutMs: number): Promise<Hailed> {
  const reader = new HelloReader();
  return new Promise((resolve, reject) => {
    const settle = (then: () => void) => {
      clearTimeout(timer);
      socket.off('data', onData);
      socket.off('close', onClose);
      then();
    };
    const fail = (error: unknown) => settle(() => reject(toGodwitError(error)));
    const timer = setTimeout(() => fail(new GodwitError('E_HELLO_TIMEOUT', { timeoutMs })), leftMs);
    const onClose = () => fail(new GodwitError('E_PEER_LOST', { silentMs: 0 }, { detail: 'connection closed' }));
    const onData = (chunk: Buffer) => {
      try {
        const hailed = reader.push(chunk);
        if (hailed === undefined) return;
        socket.pause();
        settle(() => resolve(hailed));
      } catch (error) {
        fail(error);
      }
    };
    socket.on('data', onData);
    socket.on('close', onClose);
    if (socket.destroyed) onClose();
  });
}

function isEqual({ role, version, hello }: Hailed, said: PlainHello): boolean {
  return (
    role === said.role && version === said.version && hello.migrationId === said.migrationId && hello.lane === said.lane
  );
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
