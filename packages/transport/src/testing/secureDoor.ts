/** Destinations within TLS and who connects to them, for tests. */
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import type { GodwitError } from '@godwit/errors';
import { encodeFrame, encodePreamble } from '@godwit/protocol';
import { dialControl } from '../dial.js';
import { FrameSocket } from '../frameSocket.js';
import type { Greeted } from '../helloReader.js';
import { Listener, type ListenerOptions } from '../listener.js';
import { acceptSecurely } from '../tls/acceptSecurely.js';
import { type ConnectSecurely, connectSecurely } from '../tls/connectSecurely.js';
import type { PeerTls } from '../tls/peerTls.js';
import { DESTINATION } from './certificates.js';
import { ALL, HELLO } from './wire.js';

export const ACK = { version: 2, agentVersion: 'far', windowBytes: 0, heartbeatMs: 1000 };

/** What is open in a test. */
export const open: (() => unknown)[] = [];
export async function closeAll(): Promise<void> {
  for (const close of open.splice(0).reverse()) await close();
}

/** A destination that answers each control connection, and proves each lane with the certificate that the options say. */
export class Door {
  readonly greeted: Greeted[] = [];
  readonly refused: GodwitError[] = [];
  readonly lanes: string[] = [];
  listener: Listener | undefined;

  static async open(own: PeerTls | undefined, options: Partial<ListenerOptions> = {}, lane?: string): Promise<Door> {
    const door = new Door();
    const listener = await Listener.listen({
      host: '127.0.0.1',
      port: 0,
      token: HELLO.token,
      ...(own === undefined ? {} : { tls: () => own }),
      onGreeted: (greeted) => {
        if (greeted.role === 'lane') void door.#prove(greeted, own ?? DESTINATION, lane);
        else door.#answer(greeted);
      },
      onRefused: (_, error) => door.refused.push(error),
      ...options,
    });
    door.listener = listener;
    open.push(
      () => listener.close(),
      () => listener.destroyConnections(),
    );
    return door;
  }

  get port(): number {
    return this.listener?.port ?? 0;
  }

  #answer(greeted: Greeted): void {
    this.greeted.push(greeted);
    const frames = FrameSocket.wrap(greeted.socket, { accepts: ALL, onFrame: () => undefined, onEnd: () => undefined });
    frames.send('HelloAck', ACK);
  }

  async #prove({ socket, role, version, hello, unproven }: Greeted, own: PeerTls, lane?: string): Promise<void> {
    if (unproven === undefined) throw new Error('a lane in plain text');
    const { migrationId } = hello;
    const { peer, timeoutMs } = unproven;
    const more = lane === undefined ? {} : { fingerprint: lane };
    const said = { role, version, migrationId, lane: hello.lane };
    await acceptSecurely(socket, { tls: own, said, peer, timeoutMs, ...more }).then(
      (accepted) => {
        this.lanes.push(accepted.hello.sessionKey);
        unproven.settled();
      },
      (error: GodwitError) => unproven.settled(error),
    );
  }
}

export function dial(port: number, own: PeerTls | undefined, more: object = {}): ReturnType<typeof dialControl> {
  const basic = { host: '127.0.0.1', token: HELLO.token, agentVersion: 'near', peerTimeoutMs: 60_000 };
  return dialControl({ ...basic, port, ...(own === undefined ? {} : { tls: own }), ...more });
}

export function lane(port: number, own: PeerTls, more: Partial<ConnectSecurely> = {}) {
  return connectSecurely({ host: '127.0.0.1', port, role: 'lane', version: 2, tls: own, ...more });
}

/** A connection that has asked for TLS and been told to go, by hand. */
export async function atGo(
  port: number,
  hello: object = {},
  role: 'control' | 'lane' = 'control',
): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1');
  open.push(() => socket.destroy());
  socket.on('error', () => socket.destroy());
  const plain = { ...HELLO, token: '', ...hello };
  socket.write(Buffer.concat([encodePreamble(role, 2, true), encodeFrame('Hello', plain)]));
  await once(socket, 'data');
  return socket;
}

export async function within(
  socket: net.Socket,
  own: PeerTls,
  more: tls.ConnectionOptions = {},
): Promise<tls.TLSSocket> {
  const { ca, cert, key } = own;
  const secure = tls.connect({ socket, ca, cert, key, checkServerIdentity: () => undefined, ...more });
  secure.on('error', () => secure.destroy());
  await once(secure, 'secureConnect');
  return secure;
}

export function greetingWithin(role: 'control' | 'lane', hello: object): Buffer {
  return Buffer.concat([encodePreamble(role, 2, true), encodeFrame('Hello', { ...HELLO, ...hello })]);
}

/** A port where each connection is given to `then`. */
export async function place(then: (socket: net.Socket) => void): Promise<number> {
  const server = net.createServer((socket) => {
    socket.on('error', () => socket.destroy());
    open.push(() => socket.destroy());
    then(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(() => server.close());
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Where each is told to go, whatever it says. */
export function placeOfGo(then: (socket: net.Socket) => void): Promise<number> {
  return place((socket) => {
    socket.once('data', () => {
      socket.pause();
      socket.write(encodeFrame('HelloAck', ACK));
      then(socket);
    });
  });
}
