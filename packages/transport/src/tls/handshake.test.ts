/** Both sides of TLS against each other, and against peers of other kinds. */
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { GodwitError } from '@godwit/errors';
import { encodeFrame } from '@godwit/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import {
  DESTINATION,
  EXPIRED,
  EXPIRED_DESTINATION,
  NAMELESS,
  SERVER_ONLY,
  SOURCE,
  STRANGE_DESTINATION,
  STRANGER,
} from '../testing/certificates.js';
import {
  ACK,
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
import { HELLO, listen, until } from '../testing/wire.js';
import type { PeerTls } from './peerTls.js';

afterEach(closeAll);

/** What a dial ends with, and what the destination says of it. */
async function refusal(own: PeerTls, destination: PeerTls, more: object = {}): Promise<GodwitError[]> {
  const door = await Door.open(destination);
  const outcome: unknown = await dial(door.port, own, more).catch((error: unknown) => error);
  await until('both to know', () => door.refused.length > 0);
  expect(door.greeted).toEqual([]);
  if (!(outcome instanceof GodwitError)) throw new Error('the source was not refused');
  return [outcome, ...door.refused];
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

describe('no connection comes about', () => {
  it.each([
    ['expired', EXPIRED, 'its certificate has expired'],
    ['of a stranger', STRANGER, 'no authority of --tls-ca signed its certificate'],
    [
      'for servers alone',
      SERVER_ONLY,
      'its certificate is not made for this side of a connection (extended key usage)',
    ],
  ] as const)("with a source's certificate that is %s; both are told why", async (_, certificate, problem) => {
    // The stranger itself trusts the destination, so that only the destination has reason to refuse.
    const own = { ...certificate, ca: DESTINATION.ca };
    const [near, far] = await refusal(own, DESTINATION);
    expect(far).toMatchObject({ code: 'E_TLS', parameters: { problem } });
    expect(near).toMatchObject({ code: 'E_TLS', message: far?.message });
    expect(far?.message).toMatch(/^TLS with the source 127\.0\.0\.1:\d+ failed: /);
  });

  it.each([
    ['expired', EXPIRED_DESTINATION, 'its certificate has expired'],
    ['of a stranger', STRANGE_DESTINATION, 'no authority of --tls-ca signed its certificate'],
  ] as const)("with a destination's certificate that is %s; both are told why", async (_, certificate, problem) => {
    const [near, far] = await refusal(SOURCE, { ...certificate, ca: DESTINATION.ca });
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
    expect([without.refused, secure.refused]).toMatchObject([
      [{ code: 'E_TLS_MISSING' }],
      [{ code: 'E_TLS_REQUIRED' }],
    ]);
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
    (await dial(door.port, NAMELESS)).channel.close();
    await expect(dial(door.port, SOURCE)).rejects.toMatchObject({ code: 'E_PEER_NAME' });
  });
});
