import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import net from 'node:net';
import { GodwitError } from '@godwit/errors';
import { encodeFrame, encodePreamble, LIMITS } from '@godwit/protocol';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Greeted } from './helloReader.js';
import { Listener, type ListenerOptions } from './listener.js';
import { greeting, HELLO, listen, until } from './testing/wire.js';

const TOKEN = HELLO.token;
const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

class Door {
  readonly greeted: Greeted[] = [];
  readonly refused: GodwitError[] = [];
  listener: Listener | undefined;

  static async open(options: Partial<ListenerOptions> = {}): Promise<Door> {
    const door = new Door();
    const listener = await Listener.listen({
      host: '127.0.0.1',
      port: 0,
      token: TOKEN,
      onGreeted: (greeted) => door.greeted.push(greeted),
      onRefused: (_, error) => door.refused.push(error),
      ...options,
    });
    door.listener = listener;
    open.push(
      () => listener.close(),
      () => listener.destroyConnections(),
      () => door.greeted.map(({ socket }) => socket.destroy()),
    );
    return door;
  }

  /** A connection that has said `bytes`. */
  async connect(bytes: Uint8Array = Buffer.alloc(0)): Promise<{ socket: net.Socket; got: ReturnType<typeof listen> }> {
    const socket = net.connect(this.listener?.port ?? 0, '127.0.0.1');
    open.push(() => socket.destroy());
    const got = listen(socket);
    await once(socket, 'connect');
    if (bytes.length > 0) socket.write(bytes);
    return { socket, got };
  }

  /** Expects that `bytes` are answered by the error and the end. */
  async expectRefusal(bytes: Uint8Array, code: string): Promise<void> {
    const before = this.refused.length;
    const { got } = await this.connect(bytes);
    await until('the end', () => got.closed);
    expect(got.frames).toMatchObject([{ type: 'Failure', header: { code } }]);
    expect(this.refused.slice(before)).toMatchObject([{ code }]);
  }
}

describe('the listener', () => {
  it('hands over who said hello, paused, with version and role', async () => {
    const door = await Door.open();
    await door.connect(greeting());
    await door.connect(greeting({ lane: 3, migrationId: 'm', sessionKey: 'k' }, 'lane', 1));
    await until('both', () => door.greeted.length === 2);
    const sorted = door.greeted.sort((a, b) => a.version - b.version);
    expect(sorted).toMatchObject([
      { role: 'lane', version: 1, hello: { ...HELLO, lane: 3, migrationId: 'm', sessionKey: 'k' } },
      { role: 'control', version: 2, hello: HELLO },
    ]);
    expect([sorted.map(({ socket }) => socket.isPaused()), door.refused]).toEqual([[true, true], []]);
  });

  it('takes a hello that comes byte by byte', async () => {
    const door = await Door.open();
    const { socket } = await door.connect();
    socket.setNoDelay(true);
    for (const byte of greeting()) {
      socket.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await until('the hello', () => door.greeted.length === 1);
  });

  it('asks for the token, if it has one', async () => {
    const door = await Door.open();
    for (const token of ['', 'sesame-sesame-sesamE', `${TOKEN} `])
      await door.expectRefusal(greeting({ token }), 'E_UNAUTHORIZED');
    expect(door.greeted).toEqual([]);
    const free = await Door.open({ token: '' });
    await free.connect(greeting({ token: 'whatever' }));
    await until('the hello', () => free.greeted.length === 1);
  });

  it('turns away other versions, roles and what is no Godwit', async () => {
    const door = await Door.open();
    for (const version of [0, 3, 65_535]) await door.expectRefusal(greeting({}, 'control', version), 'E_VERSION');
    const [role, reserved] = [encodePreamble('control'), encodePreamble('control')];
    role[6] = 3;
    reserved[7] = 2;
    for (const preamble of [role, reserved]) await door.expectRefusal(preamble, 'E_PROTOCOL');
    await door.expectRefusal(Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'E_NOT_GODWIT');
    await door.expectRefusal(Buffer.concat([encodePreamble('lane'), Buffer.alloc(50, 0xee)]), 'E_DAMAGED');
    await door.expectRefusal(Buffer.concat([encodePreamble('lane'), encodeFrame('Ack', { seq: 1 })]), 'E_PROTOCOL');
    expect(door.greeted).toEqual([]);
  });

  it('turns away who says more than its hello', async () => {
    const door = await Door.open();
    const more = [Buffer.of(40), encodeFrame('Ack', { seq: 1 }), encodeFrame('Hello', HELLO)];
    for (const bytes of more) await door.expectRefusal(Buffer.concat([greeting(), bytes]), 'E_PROTOCOL');
    expect(door.greeted).toEqual([]);
  });

  it('has patience for one hello, not for one byte after the other', async () => {
    const door = await Door.open({ helloTimeoutMs: 150 });
    const silent = await door.connect();
    const slow = await door.connect();
    const bytes = greeting();
    let at = 0;
    const drip = setInterval(() => slow.socket.write(bytes.subarray(at, ++at)), 20);
    open.push(() => clearInterval(drip));
    await until('both ends', () => silent.got.closed && slow.got.closed);
    expect(door.refused).toMatchObject([{ code: 'E_HELLO_TIMEOUT' }, { code: 'E_HELLO_TIMEOUT' }]);
    for (const { got } of [silent, slow]) expect(got.frames).toMatchObject([{ header: { code: 'E_HELLO_TIMEOUT' } }]);
    expect(at).toBeLessThan(bytes.length);
  });

  it('lets go who was turned away and goes on talking', async () => {
    const door = await Door.open();
    const talker = net.connect({ port: door.listener?.port ?? 0, host: '127.0.0.1', allowHalfOpen: true });
    let isClosed = false;
    talker.on('close', () => (isClosed = true)).on('error', () => (isClosed = true));
    talker.resume().write(greeting({ token: '' }));
    const talk = setInterval(() => talker.write('.'), 50);
    open.push(
      () => clearInterval(talk),
      () => talker.destroy(),
    );
    await until('the end', () => isClosed);
  });

  it('has room for so many without a hello; the oldest makes way, and is told so', async () => {
    const door = await Door.open();
    const crowd: Awaited<ReturnType<Door['connect']>>[] = [];
    for (let count = 0; count < LIMITS.pendingConnections + 3; count++) crowd.push(await door.connect());
    await until('three to leave', () => door.refused.length === 3);
    await until('their ends', () => crowd.filter(({ got }) => got.closed).length === 3);
    expect(door.refused).toMatchObject(Array.from({ length: 3 }, () => ({ code: 'E_TOO_MANY' })));
    for (const [index, { got }] of crowd.entries()) {
      const told = index < 3 ? [{ type: 'Failure', header: { code: 'E_TOO_MANY' } }] : [];
      expect(got.frames).toMatchObject(told);
    }
  });

  it('lets a source in while others hold every place and drip', async () => {
    const door = await Door.open();
    const drips: NodeJS.Timeout[] = [];
    open.push(() => drips.forEach(clearInterval));
    const bytes = greeting();
    // Twice as many as there are places; who is pushed out comes again.
    const slow = async (): Promise<void> => {
      const { socket } = await door.connect(bytes.subarray(0, 1));
      let at = 1;
      const drip = setInterval(() => {
        if (!socket.writable) clearInterval(drip);
        else if (at < bytes.length - 1) socket.write(bytes.subarray(at, ++at));
      }, 10);
      drips.push(drip);
      socket.once('close', () => {
        if (drips.length < 500) void slow().catch(() => undefined);
      });
    };
    for (let count = 0; count < 2 * LIMITS.pendingConnections; count++) await slow();
    for (let source = 1; source <= 20; source++) {
      await door.connect(greeting());
      await until('the hello', () => door.greeted.length === source);
    }
    expect(door.refused.every(({ code }) => code === 'E_TOO_MANY')).toBe(true);
  });

  it('keeps a flood of half hellos from taking memory or descriptors', async () => {
    const door = await Door.open();
    const descriptors = () => readdirSync('/proc/self/fd').length;
    const before = descriptors();
    const half = greeting({ token: 'x'.repeat(LIMITS.tokenCharacters) }).subarray(0, -1);
    const floods = 1500;
    for (let count = 0; count < floods; count++) {
      const socket = net.connect(door.listener?.port ?? 0, '127.0.0.1');
      socket.on('error', () => socket.destroy());
      socket.resume();
      socket.write(half);
      open.push(() => socket.destroy());
      if (count % 50 === 49)
        await until('some to leave', () => door.refused.length > count - 2 * LIMITS.pendingConnections);
    }
    await until('all but the last to leave', () => door.refused.length === floods - LIMITS.pendingConnections);
    // Both ends are here, and ours are let go when the other end is.
    await until('their descriptors to be closed', () => descriptors() - before <= 6 * LIMITS.pendingConnections);
  });

  it('cuts a reason that is too long for the wire', async () => {
    const path = 'x'.repeat(LIMITS.textCharacters + 1);
    const door = await Door.open({
      onGreeted: () => {
        throw new GodwitError('E_NO_FILE', { path }, { detail: path });
      },
    });
    const { got } = await door.connect(greeting());
    await until('the end', () => got.closed);
    expect(got.frames).toMatchObject([{ type: 'Failure', header: { code: 'E_NO_FILE' } }]);
  });

  it('counts a connection once that its owner refuses', async () => {
    const door = await Door.open({
      onGreeted: () => {
        throw new Error('not now');
      },
    });
    for (let i = 0; i < 3; i++) await door.expectRefusal(greeting(), 'E_INTERNAL');
    const before = door.refused.length;
    await Promise.all(Array.from({ length: LIMITS.pendingConnections }, () => door.connect()));
    expect(door.refused.length).toBe(before);
    await door.connect();
    await until('the oldest to leave', () => door.refused.length === before + 1);
  });

  it('outlives errors of its port, and tells of each', async () => {
    const making = vi.spyOn(net, 'createServer');
    const errors: GodwitError[] = [];
    const door = await Door.open({ onError: (error) => errors.push(error) });
    const [made] = making.mock.results;
    making.mockRestore();
    const server: unknown = made?.value;
    if (!(server instanceof net.Server)) throw new Error('no server');
    for (const problem of ['EMFILE', 'ENFILE'])
      server.emit('error', Object.assign(new Error(problem), { code: problem }));
    expect(errors.map(({ cause }) => cause)).toMatchObject([{ code: 'EMFILE' }, { code: 'ENFILE' }]);
    await door.connect(greeting());
    await until('the hello', () => door.greeted.length === 1);
  });

  it('ends those who have not said hello when it closes', async () => {
    const door = await Door.open();
    const { got } = await door.connect(encodePreamble('control'));
    await door.connect(greeting());
    await until('the one that greets', () => door.greeted.length === 1);
    const closed = door.listener?.close();
    door.listener?.destroyConnections();
    await closed;
    await until('the end', () => got.closed);
  });

  it('says what is wrong with where it should listen', async () => {
    const door = await Door.open();
    const address = `127.0.0.1:${door.listener?.port}`;
    const taken = Door.open({ port: door.listener?.port ?? 0 });
    await expect(taken).rejects.toMatchObject({ code: 'E_PORT_IN_USE', parameters: { address, flag: '--listen' } });
    await expect(Door.open({ host: '192.0.2.1' })).rejects.toMatchObject({ code: 'E_ADDRESS' });
    await expect(Door.open({ host: 'nobody.invalid' })).rejects.toMatchObject({ code: 'E_ADDRESS' });
  });
});
