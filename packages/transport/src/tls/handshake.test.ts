/** Both sides of TLS against each other, and against peers of other kinds. */
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import type { GodwitError } from '@godwit/errors';
import { encodeFrame, encodePreamble, LIMITS } from '@godwit/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { dialControl } from '../dial.js';
import { FrameSocket } from '../frameSocket.js';
import type { Greeted } from '../helloReader.js';
import { Listener, type ListenerOptions } from '../listener.js';
import * as certificates from '../testing/certificates.js';
import { DESTINATION, SOURCE } from '../testing/certificates.js';
import { ALL, HELLO, listen, until } from '../testing/wire.js';
import { acceptSecurely } from './acceptSecurely.js';
import { type ConnectSecurely, connectSecurely } from './connectSecurely.js';
import type { PeerTls } from './peerTls.js';

const ACK = { version: 2, agentVersion: 'far', windowBytes: 0, heartbeatMs: 1000 };

const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** A destination that answers each control connection, and proves each lane with the certificate that the options say. */
class Door {
  readonly greeted: Greeted[] = [];
  readonly refused: GodwitError[] = [];
  readonly lanes: string[] = [];
  #listener: Listener | undefined;

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
    door.#listener = listener;
    open.push(
      () => listener.close(),
      () => listener.destroyConnections(),
    );
    return door;
  }

  get port(): number {
    return this.#listener?.port ?? 0;
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

function dial(port: number, own: PeerTls | undefined, more: object = {}): ReturnType<typeof dialControl> {
  const basic = { host: '127.0.0.1', token: HELLO.token, agentVersion: 'near', peerTimeoutMs: 60_000 };
  return dialControl({ ...basic, port, ...(own === undefined ? {} : { tls: own }), ...more });
}

function lane(port: number, own: PeerTls, more: Partial<ConnectSecurely> = {}) {
  return connectSecurely({ host: '127.0.0.1', port, role: 'lane', version: 2, tls: own, ...more });
}

/** What a dial ends with, and what the destination says of it. */
async function refusal(own: PeerTls, destination: PeerTls, more: object = {}): Promise<GodwitError[]> {
  const door = await Door.open(destination);
  const outcome: unknown = await dial(door.port, own, more).catch((error: unknown) => error);
  await until('both to know', () => door.refused.length > 0);
  expect(door.greeted).toEqual([]);
  return [outcome as GodwitError, ...door.refused];
}

/** A connection that has asked for TLS and been told to go, by hand. */
async function atGo(port: number, hello: object = {}, role: 'control' | 'lane' = 'control'): Promise<net.Socket> {
  const socket = net.connect(port, '127.0.0.1');
  open.push(() => socket.destroy());
  socket.on('error', () => socket.destroy());
  const plain = { ...HELLO, token: '', ...hello };
  socket.write(Buffer.concat([encodePreamble(role, 2, true), encodeFrame('Hello', plain)]));
  await once(socket, 'data');
  return socket;
}

async function within(socket: net.Socket, own: PeerTls, more: tls.ConnectionOptions = {}): Promise<tls.TLSSocket> {
  const { ca, cert, key } = own;
  const secure = tls.connect({ socket, ca, cert, key, checkServerIdentity: () => undefined, ...more });
  secure.on('error', () => secure.destroy());
  await once(secure, 'secureConnect');
  return secure;
}

describe('two that trust one authority', () => {
  it('greet each other within TLS 1.3, and know each other by fingerprint', async () => {
    const door = await Door.open(DESTINATION);
    const { ack, channel, secured } = await dial(door.port, SOURCE);
    expect(ack).toEqual(ACK);
    const [greeted] = door.greeted;
    expect(greeted?.hello).toMatchObject({ token: HELLO.token, agentVersion: 'near' });
    expect(greeted?.socket instanceof tls.TLSSocket && greeted.socket.getProtocol()).toBe('TLSv1.3');
    expect(secured?.fingerprint).toMatch(/^[0-9A-F]{2}(:[0-9A-F]{2}){31}$/);
    expect(greeted?.secured?.fingerprint).not.toBe(secured?.fingerprint);
    channel.close();
  });

  it('say nothing that is secret before it', async () => {
    const door = await Door.open(DESTINATION);
    const wire: Buffer[] = [];
    const tapped = net.createServer((socket) => {
      const on = net.connect(door.port, '127.0.0.1');
      socket.on('data', (chunk) => wire.push(Buffer.from(chunk)));
      socket.pipe(on).pipe(socket);
      for (const one of [socket, on]) one.on('error', () => one.destroy());
      open.push(() => socket.destroy());
    });
    tapped.listen(0, '127.0.0.1');
    await once(tapped, 'listening');
    open.push(() => tapped.close());
    const address = tapped.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const { channel } = await dial(port, SOURCE);
    const { socket } = await lane(port, SOURCE, { migrationId: 'm', lane: 1 });
    socket.write(greetingWithin('lane', { migrationId: 'm', lane: 1, sessionKey: 'a-key-of-the-session' }));
    await until('the lane', () => door.lanes.length > 0);
    expect(door.lanes).toEqual(['a-key-of-the-session']);
    const text = Buffer.concat(wire).toString('latin1');
    expect(text).not.toContain(HELLO.token);
    expect(text).not.toContain('a-key-of-the-session');
    socket.destroy();
    channel.close();
  });
});

function greetingWithin(role: 'control' | 'lane', hello: object): Buffer {
  return Buffer.concat([encodePreamble(role, 2, true), encodeFrame('Hello', { ...HELLO, ...hello })]);
}

describe('no connection comes about', () => {
  it.each([
    ['EXPIRED', 'its certificate has expired'],
    ['STRANGER', 'no authority of --tls-ca signed its certificate'],
    ['SERVER_ONLY', 'its certificate is not made for this side of a connection (extended key usage)'],
  ] as const)("with a source's certificate that is %s; both are told why", async (which, problem) => {
    // The stranger itself trusts the destination, so that only the destination has reason to refuse.
    const own = { ...certificates[which], ca: DESTINATION.ca };
    const [near, far] = await refusal(own, DESTINATION);
    expect(far).toMatchObject({ code: 'E_TLS', parameters: { problem } });
    expect(near).toMatchObject({ code: 'E_TLS', message: far?.message });
    expect(far?.message).toMatch(/^TLS with the source 127\.0\.0\.1:\d+ failed: /);
  });

  it.each([
    ['EXPIRED_DESTINATION', 'its certificate has expired'],
    ['STRANGE_DESTINATION', 'no authority of --tls-ca signed its certificate'],
  ] as const)("with a destination's certificate that is %s; both are told why", async (which, problem) => {
    const [near, far] = await refusal(SOURCE, { ...certificates[which], ca: DESTINATION.ca });
    expect(near).toMatchObject({ code: 'E_TLS', parameters: { problem } });
    expect(far).toMatchObject({ code: 'E_TLS', message: near?.message });
  });

  it('with a source that shows no certificate', async () => {
    const door = await Door.open(DESTINATION);
    const { ca } = SOURCE;
    const socket = await atGo(door.port);
    const secure = tls.connect({ socket, ca, checkServerIdentity: () => undefined });
    const got = listen(secure);
    secure.write(greetingWithin('control', {}));
    await until('the refusal', () => got.closed);
    expect(got.frames).toMatchObject([{ type: 'Failure', header: { code: 'E_TLS' } }]);
    expect(door.refused).toMatchObject([{ code: 'E_TLS', parameters: { problem: 'it showed no certificate' } }]);
    expect(door.greeted).toEqual([]);
  });

  it('with TLS 1.2, from either side', async () => {
    const door = await Door.open(DESTINATION);
    await expect(within(await atGo(door.port), SOURCE, { maxVersion: 'TLSv1.2' })).rejects.toThrow('protocol version');
    await until('the refusal', () => door.refused.length > 0);
    expect(door.refused[0]?.parameters['problem']).toBe('the other side does not speak TLS 1.3');
    const old = await placeOfGo((socket) => {
      const { ca, cert, key } = DESTINATION;
      tls.createServer({ ca, cert, key, maxVersion: 'TLSv1.2' }).emit('connection', socket);
    });
    await expect(dial(old, SOURCE)).rejects.toMatchObject({
      code: 'E_TLS',
      parameters: { problem: 'the other side does not speak TLS 1.3' },
    });
  });

  it('with a destination that says go and then speaks something else', async () => {
    const port = await placeOfGo((socket) => socket.write('and now for something completely different'));
    await expect(dial(port, SOURCE)).rejects.toMatchObject({
      code: 'E_TLS',
      parameters: { problem: 'the other side does not speak TLS' },
    });
  });

  it('between one that has TLS and one that has not: named at both ends, and no token is asked for', async () => {
    const without = await Door.open(undefined);
    await expect(dial(without.port, SOURCE)).rejects.toMatchObject({ code: 'E_TLS_MISSING' });
    const secure = await Door.open(DESTINATION);
    await expect(dial(secure.port, undefined)).rejects.toMatchObject({ code: 'E_TLS_REQUIRED' });
    expect([without.refused, secure.refused]).toMatchObject([[{ code: 'E_TLS_MISSING' }], [{ code: 'E_TLS_REQUIRED' }]]);
    expect([without.greeted, secure.greeted]).toEqual([[], []]);
  });

  it('with a destination that knows nothing of TLS, of this version or the one before: no word in plain text', async () => {
    for (const code of ['E_PROTOCOL', 'E_VERSION']) {
      const heard: Buffer[] = [];
      const port = await place((socket) => {
        socket.on('data', (chunk) => heard.push(Buffer.from(chunk)));
        socket.end(encodeFrame('Failure', { code, message: 'in words', detail: '' }));
      });
      await expect(dial(port, SOURCE)).rejects.toMatchObject({ code: 'E_TLS_MISSING', detail: `${code} in words` });
      expect(heard.length).toBeLessThan(2);
      expect(Buffer.concat(heard).toString('latin1')).not.toContain(HELLO.token);
    }
  });

  it("and what is said in plain text is not taken for the destination's word", async () => {
    const port = await place((socket) =>
      socket.end(encodeFrame('Failure', { code: 'E_ABORTED', message: 'gave up', detail: '' })),
    );
    const problem = 'it refuses in plain text: E_ABORTED gave up';
    await expect(dial(port, SOURCE)).rejects.toMatchObject({ code: 'E_TLS', parameters: { problem } });
    const busy = await place((socket) =>
      socket.end(encodeFrame('Failure', { code: 'E_TOO_MANY', message: 'busy', detail: '' })),
    );
    await expect(dial(busy, SOURCE)).rejects.toMatchObject({ code: 'E_TOO_MANY' });
  });
});

/** A port where each connection is given to `then`. */
async function place(then: (socket: net.Socket) => void): Promise<number> {
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
function placeOfGo(then: (socket: net.Socket) => void): Promise<number> {
  return place((socket) => {
    socket.once('data', () => {
      socket.pause();
      socket.write(encodeFrame('HelloAck', ACK));
      then(socket);
    });
  });
}

describe('names', () => {
  const allowing = (own: PeerTls, ...allowPeers: string[]) => ({ ...own, allowPeers });

  it('that a source may bear are told to the destination; others are refused, and both sides say which', async () => {
    const door = await Door.open(allowing(DESTINATION, 'other.example', '10.0.0.1'));
    (await dial(door.port, SOURCE)).channel.close();
    const [near, far] = await refusal(SOURCE, allowing(DESTINATION, 'other.example', '10.0.0.2'));
    expect(far).toMatchObject({
      code: 'E_PEER_NAME',
      parameters: { names: 'source.example, 10.0.0.1', expected: 'other.example or 10.0.0.2' },
    });
    expect(near).toMatchObject({ code: 'E_PEER_NAME', message: far?.message });
  });

  it('of a destination are the host that was dialled, or those that are allowed and no other', async () => {
    const door = await Door.open(DESTINATION);
    (await dial(door.port, allowing(SOURCE, 'destination.example'))).channel.close();
    await expect(dial(door.port, allowing(SOURCE, 'a.example'))).rejects.toMatchObject({
      code: 'E_PEER_NAME',
      parameters: { names: 'destination.example, 127.0.0.1', expected: 'a.example' },
    });
    await expect(dial(door.port, SOURCE, { host: 'localhost' })).rejects.toMatchObject({
      code: 'E_PEER_NAME',
      parameters: { expected: 'localhost' },
    });
    await until('the refusals', () => door.refused.length === 2);
    expect(door.refused).toMatchObject([{ code: 'E_PEER_NAME' }, { code: 'E_PEER_NAME' }]);
  });

  it('are the common name where there is no other', async () => {
    const door = await Door.open(allowing(DESTINATION, 'source.old'));
    (await dial(door.port, certificates.NAMELESS)).channel.close();
    await expect(dial(door.port, SOURCE)).rejects.toMatchObject({ code: 'E_PEER_NAME' });
  });
});

describe('the hello within TLS', () => {
  it.each([
    ['of another migration', 'lane', { migrationId: 'other', lane: 1 }],
    ['of another lane', 'lane', { migrationId: 'm', lane: 2 }],
    ['of another role', 'control', { migrationId: 'm', lane: 1 }],
  ] as const)('that is %s ends the connection', async (_, role, hello) => {
    const door = await Door.open(DESTINATION);
    const secure = await within(await atGo(door.port, { migrationId: 'm', lane: 1 }, 'lane'), SOURCE);
    const got = listen(secure);
    secure.write(greetingWithin(role, hello));
    await until('the refusal', () => got.closed);
    expect(got.frames).toMatchObject([{ type: 'Failure', header: { code: 'E_PROTOCOL' } }]);
    expect([door.lanes, door.refused.map(({ code }) => code)]).toEqual([[], ['E_PROTOCOL']]);
  });

  it('is asked for the token, and that of the plain text is not', async () => {
    const door = await Door.open(DESTINATION);
    await expect(dial(door.port, SOURCE, { token: 'no-such-token-at-all' })).rejects.toMatchObject({
      code: 'E_UNAUTHORIZED',
    });
    const secure = await within(await atGo(door.port, { token: HELLO.token }), SOURCE);
    const got = listen(secure);
    secure.write(greetingWithin('control', { token: '' }));
    await until('the refusal', () => got.closed);
    expect(got.frames).toMatchObject([{ header: { code: 'E_UNAUTHORIZED' } }]);
    expect(door.greeted).toEqual([]);
  });

  it('with bytes behind it is out of phase', async () => {
    const door = await Door.open(DESTINATION);
    const secure = await within(await atGo(door.port), SOURCE);
    const got = listen(secure);
    secure.write(Buffer.concat([greetingWithin('control', {}), Buffer.from('more')]));
    await until('the refusal', () => got.closed);
    expect(got.frames).toMatchObject([{ header: { code: 'E_PROTOCOL' } }]);
  });
});

describe('a lane', () => {
  async function laneWith(fingerprint: string, own: PeerTls): Promise<Door> {
    const door = await Door.open(DESTINATION, {}, fingerprint);
    const { socket } = await lane(door.port, own, { migrationId: 'm' });
    socket.on('error', () => socket.destroy());
    socket.write(greetingWithin('lane', { migrationId: 'm' }));
    await until('the verdict', () => door.lanes.length + door.refused.length > 0);
    socket.destroy();
    return door;
  }

  it('must show the certificate of its control connection, not one that bears the same names', async () => {
    const door = await Door.open(DESTINATION);
    const { channel, secured } = await dial(door.port, SOURCE);
    const shown = door.greeted[0]?.secured?.fingerprint ?? '';
    channel.close();
    expect((await laneWith(shown, SOURCE)).lanes).toEqual([HELLO.sessionKey]);
    const other = await laneWith(shown, certificates.RENEWED);
    const problem = 'a lane shows another certificate than its control connection';
    expect([other.lanes, other.refused]).toMatchObject([[], [{ code: 'E_TLS', parameters: { problem } }]]);
    const fingerprint = secured?.fingerprint ?? '';
    (await lane(door.port, SOURCE, { fingerprint })).socket.destroy();
    await expect(lane(door.port, SOURCE, { fingerprint: shown })).rejects.toMatchObject({ code: 'E_TLS' });
  });
});

describe('who takes his time', () => {
  it('with the handshake, or with the hello behind it, is ended when the time for a hello is over', async () => {
    const door = await Door.open(DESTINATION, { helloTimeoutMs: 200 });
    const silent = await atGo(door.port);
    const greeted = await within(await atGo(door.port), SOURCE);
    const got = listen(greeted);
    await until('both ends', () => silent.destroyed && got.closed);
    expect(door.refused.map(({ code }) => code).sort()).toEqual(['E_HELLO_TIMEOUT', 'E_TLS']);
    expect(door.refused.map(({ message }) => message).join()).toContain('the handshake did not end in time');
  });

  it('counts among the connections before a hello until he is done, a lane too', async () => {
    const door = await Door.open(DESTINATION);
    const half = LIMITS.pendingConnections / 2;
    const roles = ['control', 'lane'] as const;
    const crowd = await Promise.all(
      roles.flatMap((role) => Array.from({ length: half }, () => atGo(door.port, { migrationId: 'm' }, role))),
    );
    await expect(dial(door.port, SOURCE)).rejects.toMatchObject({ code: 'E_TOO_MANY' });
    for (const socket of crowd) socket.destroy();
    await until('room', () => door.refused.length > LIMITS.pendingConnections);
    (await dial(door.port, SOURCE)).channel.close();
  });

  it('as a destination is given up in time, before go and after', async () => {
    for (const port of [await place(() => undefined), await placeOfGo(() => undefined)]) {
      await expect(dial(port, SOURCE, { helloTimeoutMs: 150 })).rejects.toMatchObject({
        code: 'E_UNREACHABLE',
        parameters: { problem: 'no TLS within 150 ms' },
      });
    }
    const port = await placeOfGo(() => undefined);
    const controller = new AbortController();
    const cancelled = expect(dial(port, SOURCE, { signal: controller.signal })).rejects.toMatchObject({
      code: 'E_CANCELLED',
    });
    controller.abort();
    await cancelled;
  });

  it('a link that breaks in the handshake is E_UNREACHABLE, which passes', async () => {
    const port = await placeOfGo((socket) => socket.resetAndDestroy());
    await expect(dial(port, SOURCE)).rejects.toMatchObject({ code: 'E_UNREACHABLE' });
  });
});

describe('frames within TLS', () => {
  it('wait for a peer that does not read, and arrive whole', async () => {
    const door = await Door.open(DESTINATION, {
      onGreeted: (greeted) => door.greeted.push(greeted),
    });
    const dialled = connectSecurely({
      host: '127.0.0.1',
      port: door.port,
      role: 'control',
      version: 2,
      tls: SOURCE,
    });
    const { socket } = await dialled;
    socket.write(greetingWithin('control', {}));
    await until('the hello', () => door.greeted.length > 0);
    const frames = FrameSocket.wrap(socket, { accepts: ALL, onFrame: () => undefined, onEnd: () => undefined });
    open.push(() => frames.destroy());
    const payload = Buffer.alloc(1024 * 1024, 'x');
    const head = { round: 1, image: 0, offset: 0, rawBytes: payload.length, encoding: 1, hashLow: 0, hashHigh: 0 };
    let sent = 0;
    let flushed = 0;
    const send = () => frames.send('Extent', { seq: ++sent, ...head }, payload, () => (flushed += 1));
    while (send()) expect(sent).toBeLessThan(1000);
    const drained = frames.drained();
    const [greeted] = door.greeted;
    if (greeted === undefined) throw new Error('nobody greeted');
    expect(flushed).toBeLessThan(sent);
    const got = listen(greeted.socket);
    await drained;
    await until('all frames', () => got.frames.length === sent);
    await until('all buffers', () => flushed === sent);
    expect(got.frames.map(({ header }) => 'seq' in header && header.seq)).toEqual(got.frames.map((_, i) => i + 1));
  });

  it('end with the connection', async () => {
    const door = await Door.open(DESTINATION);
    const { channel } = await dial(door.port, SOURCE);
    door.greeted[0]?.socket.destroy();
    expect(await channel.closed).toMatchObject({ code: 'E_PEER_LOST' });
  });
});
