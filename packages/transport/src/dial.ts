import type net from 'node:net';
import { GodwitError, systemCodeOf, toGodwitError } from '@godwit/errors';
import {
  encodePreamble,
  type FrameHeaders,
  type FrameName,
  LIMITS,
  OLDEST_VERSION,
  PROTOCOL_VERSION,
} from '@godwit/protocol';
import { ControlChannel } from './controlChannel.js';
import { FrameSocket, isReported } from './frameSocket.js';

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
}

export interface Dialled {
  readonly channel: ControlChannel;
  readonly ack: FrameHeaders['HelloAck'];
  /** What both sides speak; the lanes of this channel's migrations say it in their preamble. */
  readonly version: number;
}

/**
 * Opens a control channel: connect, preamble, Hello, HelloAck. E_UNREACHABLE when nothing answers,
 * E_NOT_GODWIT when something else does, else what the destination reports (E_VERSION, E_UNAUTHORIZED).
 * A destination that refuses our version because it is older is dialled again in the oldest that we speak.
 */
export async function dialControl(options: DialOptions): Promise<Dialled> {
  try {
    return await dialAs(PROTOCOL_VERSION, options);
  } catch (error) {
    const isOlder = error instanceof GodwitError && error.code === 'E_VERSION' && isReported(error);
    if (!isOlder) throw error;
    return dialAs(OLDEST_VERSION, options);
  }
}

async function dialAs(spoken: number, options: DialOptions): Promise<Dialled> {
  const address = `${options.host}:${options.port}`;
  const channel = new ControlChannel(options.peerTimeoutMs);
  let greeted = false;
  const socket = FrameSocket.connect(connectOptions(options), {
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
    socket.sendRaw(encodePreamble('control', spoken));
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
    return { channel, ack, version: ack.version };
  } catch (error) {
    if (!socket.isOver) giveUp(toGodwitError(error));
    throw error;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', abort);
  }
}

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
