/** What is said within TLS, and who takes his time with it. */
import { LIMITS } from '@godwit/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { FrameSocket } from '../frameSocket.js';
import { DESTINATION, RENEWED, SOURCE } from '../testing/certificates.js';
import {
  atGo,
  closeAll,
  Door,
  dial,
  greetingWithin,
  lane,
  open,
  place,
  placeOfGo,
  within,
} from '../testing/secureDoor.js';
import { ALL, HELLO, listen, until } from '../testing/wire.js';
import { connectSecurely } from './connectSecurely.js';
import type { PeerTls } from './peerTls.js';

afterEach(closeAll);

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
    const other = await laneWith(shown, RENEWED);
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
    // One that has a certificate gets in, and the oldest of the crowd makes way for it.
    (await dial(door.port, SOURCE)).channel.close();
    expect(door.refused.map(({ code }) => code)).toEqual(['E_TOO_MANY']);
    for (const socket of crowd) socket.destroy();
    await until('all of them to be counted out', () => door.refused.length === LIMITS.pendingConnections);
    (await dial(door.port, SOURCE)).channel.close();
    expect(door.refused.length).toBe(LIMITS.pendingConnections);
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
