import net from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { GodwitError, systemCodeOf, toGodwitError } from '@godwit/errors';
import { encodeFrame, encodePreamble, type Frame, FrameParser, LIMITS, type RoleName } from '@godwit/protocol';
import { connectOptions, explainDial } from '../explainDial.js';
import { failureOf, lost, peerFailure } from '../frameSocket.js';
import { handshakeProblem, PEER_TLS_RULES, type PeerTls, provenPeer } from './peerTls.js';

export interface ConnectSecurely {
  readonly host: string;
  readonly port: number;
  readonly role: RoleName;
  readonly version: number;
  /** Lanes: whose they are. */
  readonly migrationId?: string;
  readonly lane?: number;
  readonly tls: PeerTls;
  /** The certificate that it must be, where it is known. */
  readonly fingerprint?: string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

export interface ConnectedSecurely {
  /** Preamble and Hello are to be said within. */
  readonly socket: TLSSocket;
  readonly fingerprint: string;
}

/**
 * The source's side of TLS: connects, says in plain text whose the connection is, and no secret; waits for go, shakes hands,
 * judges the certificate. What the destination says in plain text is anybody's word: it may end the try, and no more.
 *
 * @throws GodwitError E_TLS, E_TLS_MISSING, E_PEER_NAME, or as dialControl
 */
export async function connectSecurely(options: ConnectSecurely): Promise<ConnectedSecurely> {
  const { host, port, tls, signal } = options;
  const address = `${host}:${port}`;
  const timeoutMs = options.timeoutMs ?? LIMITS.helloTimeoutMs;
  const socket = net.connect(connectOptions(options));
  socket.setNoDelay(true);
  let giveUp: (error: GodwitError) => void = () => undefined;
  const givenUp = new Promise<never>((_, reject) => {
    giveUp = (error) => {
      reject(error);
      socket.destroy();
    };
  });
  givenUp.catch(() => undefined);
  const problem = `no TLS within ${timeoutMs} ms`;
  const timer = setTimeout(() => giveUp(new GodwitError('E_UNREACHABLE', { address, problem })), timeoutMs);
  const abort = () => giveUp(new GodwitError('E_CANCELLED', { reason: 'while connecting' }));
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted === true) abort();
  try {
    await Promise.race([askForTls(socket, options, address), givenUp]);
    const secure = await Promise.race([shakeHands(socket, tls, address), givenUp]);
    return { socket: secure, fingerprint: judge(secure, options, address) };
  } catch (thrown) {
    if (!socket.destroyed) setTimeout(() => socket.destroy(), LINGER_MS).unref();
    throw thrown;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

/** Time to hear why we leave. */
const LINGER_MS = 1000;

function judge(secure: TLSSocket, { host, tls, role, version, fingerprint }: ConnectSecurely, address: string): string {
  const names = tls.allowPeers.length > 0 ? tls.allowPeers : [host];
  const peer = `the destination ${address}`;
  try {
    const proven = provenPeer(secure, peer, names);
    if (fingerprint === undefined || fingerprint === proven) return proven;
    throw new GodwitError('E_TLS', { peer, problem: 'its certificate is not that of the control connection' });
  } catch (thrown) {
    const error = toGodwitError(thrown);
    secure.end(Buffer.concat([encodePreamble(role, version, true), encodeFrame('Failure', failureOf(error))]));
    throw error;
  }
}

/** Until the destination has said go. */
function askForTls(socket: net.Socket, options: ConnectSecurely, address: string): Promise<void> {
  const { role, version, migrationId = '', lane = 0 } = options;
  const hello = { agentVersion: '', token: '', migrationId, sessionKey: '', lane, heartbeatMs: 0 };
  socket.write(Buffer.concat([encodePreamble(role, version, true), encodeFrame('Hello', hello)]));
  return new Promise((resolve, reject) => {
    const settle = (then: () => void) => {
      socket.off('data', onData);
      socket.off('error', onError);
      socket.off('close', onClose);
      // For good: an 'error' that nobody listens to would end the process.
      socket.on('error', () => socket.destroy());
      then();
    };
    const fail = (error: GodwitError) => {
      settle(() => reject(error));
      socket.destroy();
    };
    const onError = (error: Error) => fail(explainDial(address, lost(error)));
    const onClose = () => fail(explainDial(address, undefined));
    let isTold = false;
    const onFrame = (frame: Frame) => {
      if (frame.type === 'Failure') throw saidInPlain(peerFailure(frame.header), address);
      if (isTold) throw violation(address);
      isTold = true;
    };
    const parser = new FrameParser({ accepts: ['HelloAck', 'Failure'], onFrame });
    const onData = (chunk: Buffer) => {
      try {
        parser.push(chunk);
        if (!isTold) return;
        if (parser.bufferedBytes > 0) throw violation(address);
        settle(resolve);
      } catch (thrown) {
        const error = toGodwitError(thrown);
        fail(isNoFrame(error) ? explainDial(address, isTold ? violation(address) : error) : error);
      }
    };
    socket.on('data', onData);
    socket.on('error', onError);
    socket.on('close', onClose);
  });
}

function violation(address: string): GodwitError {
  return new GodwitError('E_TLS', { peer: `the destination ${address}`, problem: 'the other side does not speak TLS' });
}

/** What may be known for a passing state, or by what there is to be done; the rest could be anybody's word, and is told as such. */
function saidInPlain(error: GodwitError, address: string): GodwitError {
  if (error.retryable || error.code === 'E_TLS_MISSING') return error;
  // One that knows of no TLS takes the preamble for damaged, or our version for too new.
  if (isNoFrame(error) || error.code === 'E_VERSION') {
    return new GodwitError('E_TLS_MISSING', {}, { cause: error, detail: `${error.code} ${error.message}` });
  }
  const problem = `it refuses in plain text: ${error.code} ${error.message}`;
  return new GodwitError('E_TLS', { peer: `the destination ${address}`, problem }, { cause: error });
}

function shakeHands(socket: net.Socket, { cert, key, ca }: PeerTls, address: string): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const secure = connectTls({
      ...{ socket, cert, key, ca },
      ...PEER_TLS_RULES,
      // provenPeer does, so that the destination hears why.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    });
    secure.on('error', (error: Error) => {
      secure.destroy();
      reject(explainHandshake(error, address));
    });
    secure.once('close', () => reject(explainHandshake(undefined, address)));
    secure.once('secureConnect', () => resolve(secure));
  });
}

/** A link that breaks in the handshake is a link that breaks. */
function explainHandshake(error: Error | undefined, address: string): GodwitError {
  const systemCode = systemCodeOf(error);
  if (error === undefined || systemCode === 'ECONNRESET' || systemCode === 'EPIPE') {
    const problem = 'the connection ended in the TLS handshake';
    return new GodwitError('E_UNREACHABLE', { address, problem }, { cause: error });
  }
  const parameters = { peer: `the destination ${address}`, problem: handshakeProblem(error) };
  return new GodwitError('E_TLS', parameters, { cause: error });
}

/** Bytes that are none of the protocol. */
function isNoFrame({ code }: GodwitError): boolean {
  return code === 'E_PROTOCOL' || code === 'E_DAMAGED';
}
