import { GodwitError, toGodwitError } from '@godwit/errors';
import {
  encodePreamble,
  FIRST_SECURE_VERSION,
  type FrameHeaders,
  type FrameName,
  LIMITS,
  OLDEST_VERSION,
  PROTOCOL_VERSION,
} from '@godwit/protocol';
import { ControlChannel } from './controlChannel.js';
import { connectOptions, explainDial } from './explainDial.js';
import { FrameSocket, type FrameSocketOptions, isReported } from './frameSocket.js';
import { connectSecurely } from './tls/connectSecurely.js';
import type { PeerTls, Secured } from './tls/peerTls.js';

/** Frames that a destination sends on the control channel. */
const FROM_DESTINATION: readonly FrameName[] = [
  'HelloAck',
  'Failure',
  'Heartbeat',
  'Accept',
  'RoundSynced',
  'Prepared',
  'Taken',
  'HookResult',
  'Cancelled',
  'Outcome',
  'Findings',
];

export interface DialOptions {
  readonly host: string;
  readonly port: number;
  readonly token: string;
  readonly agentVersion: string;
  readonly peerTimeoutMs: number;
  /** How long to wait for the HelloAck. */
  readonly helloTimeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Given: within TLS, and in no other way. */
  readonly tls?: PeerTls | undefined;
}

export interface Dialled {
  readonly channel: ControlChannel;
  readonly ack: FrameHeaders['HelloAck'];
  /** What both sides speak; the lanes of this channel's migrations say it in their preamble. */
  readonly version: number;
  /** Who answered, and what lanes are to prove themselves with. */
  readonly secured?: Secured;
}

/**
 * Opens a control channel: connect, preamble, Hello, HelloAck. E_UNREACHABLE when nothing answers,
 * E_NOT_GODWIT when something else does, else what the destination reports (E_VERSION, E_UNAUTHORIZED).
 * A destination that refuses our version because it is older is dialled again in the oldest that we speak. With TLS also
 * E_TLS, E_TLS_MISSING, E_PEER_NAME.
 */
export async function dialControl(options: DialOptions): Promise<Dialled> {
  try {
    return await dialAs(PROTOCOL_VERSION, options);
  } catch (error) {
    const isOlder = error instanceof GodwitError && error.code === 'E_VERSION' && isReported(error);
    if (!isOlder || (options.tls !== undefined && OLDEST_VERSION < FIRST_SECURE_VERSION)) throw error;
    return dialAs(OLDEST_VERSION, options);
  }
}

async function dialAs(spoken: number, options: DialOptions): Promise<Dialled> {
  const address = `${options.host}:${options.port}`;
  const channel = new ControlChannel(options.peerTimeoutMs);
  let greeted = false;
  const { socket, secured } = await open(spoken, options, channel, {
    accepts: FROM_DESTINATION,
    onFrame: (frame) => channel.receive(frame),
    onEnd: (error) => channel.finish(greeted ? error : explainDial(address, error)),
  });
  const giveUp = (error: GodwitError) => {
    channel.finish(error);
    socket.destroy();
  };
  const timeoutMs = options.helloTimeoutMs ?? LIMITS.helloTimeoutMs;
  const problem = `no hello within ${timeoutMs} ms`;
  const timer = setTimeout(() => giveUp(new GodwitError('E_UNREACHABLE', { address, problem })), timeoutMs);
  const abort = () => giveUp(new GodwitError('E_CANCELLED', { reason: 'while connecting' }));
  options.signal?.addEventListener('abort', abort, { once: true });
  if (options.signal?.aborted === true) abort();
  try {
    socket.sendRaw(encodePreamble('control', spoken, secured !== undefined));
    socket.send('Hello', {
      agentVersion: options.agentVersion,
      token: options.token,
      migrationId: '',
      sessionKey: '',
      lane: 0,
      heartbeatMs: channel.heartbeatMs,
    });
    const ack = await channel.waitFor('HelloAck');
    if (ack.version > spoken) {
      throw new GodwitError('E_VERSION', { theirs: ack.version, oldest: OLDEST_VERSION, newest: spoken });
    }
    greeted = true;
    // Not before: a heartbeat behind an unanswered Hello is out of phase, and the hello has its own deadline.
    channel.attach(socket);
    channel.speaks(ack.version);
    channel.ping();
    return { channel, ack, version: ack.version, ...(secured === undefined ? {} : { secured }) };
  } catch (error) {
    if (!socket.isOver) giveUp(toGodwitError(error));
    throw error;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', abort);
  }
}

interface Opened {
  readonly socket: FrameSocket;
  readonly secured?: Secured;
}

/** The connection that the hello is said on. */
async function open(
  version: number,
  options: DialOptions,
  channel: ControlChannel,
  frames: FrameSocketOptions,
): Promise<Opened> {
  const { tls, host, port, signal, helloTimeoutMs: timeoutMs } = options;
  if (tls === undefined) return { socket: FrameSocket.connect(connectOptions(options), frames) };
  const more = timeoutMs === undefined ? {} : { timeoutMs };
  try {
    const secure = await connectSecurely({ host, port, role: 'control', version, tls, signal, ...more });
    const { fingerprint } = secure;
    return { socket: FrameSocket.wrap(secure.socket, frames), secured: { tls, fingerprint } };
  } catch (error) {
    channel.finish(toGodwitError(error));
    throw error;
  }
}
