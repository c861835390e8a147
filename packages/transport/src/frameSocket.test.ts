import { once } from 'node:events';
import net from 'node:net';
import { GodwitError } from '@godwit/errors';
import { duplicate, hasNative } from '@godwit/native';
import { encodeFrame, type FrameHeaders } from '@godwit/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FrameSocket, peerFailure } from './frameSocket.js';
import { ALL, Heard, listen, openPlace, type Place, until } from './testing/wire.js';

let place: Place;
beforeAll(async () => {
  place = await openPlace();
});
afterAll(() => place.close());

function extent(seq: number, rawBytes: number): FrameHeaders['Extent'] {
  return { seq, round: 1, image: 0, offset: 0, rawBytes, encoding: 1, hashLow: 0, hashHigh: 0 };
}

function connect(heard: Heard): FrameSocket {
  return FrameSocket.connect({ host: '127.0.0.1', port: place.port }, heard.options);
}

/** The descriptor beneath a socket, as the destination's lane host finds it. */
function descriptorOf(socket: net.Socket): number {
  const handle: unknown = Reflect.get(socket, '_handle');
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
  if (typeof fd !== 'number') throw new Error('no descriptor');
  return fd;
}

/** The two ways in which the accepting side gets its socket. */
const WAYS = {
  wrap: (socket: net.Socket, heard: Heard) => FrameSocket.wrap(socket, heard.options),
  adopt: (socket: net.Socket, heard: Heard) => {
    const fd = duplicate(descriptorOf(socket));
    if (fd === undefined) throw new Error('no duplicate');
    socket.destroy();
    return FrameSocket.adopt(fd, heard.options);
  },
};
const ways = hasNative ? (['wrap', 'adopt'] as const) : (['wrap'] as const);

async function pair(
  way: keyof typeof WAYS,
): Promise<{ near: FrameSocket; far: FrameSocket; nearHeard: Heard; farHeard: Heard }> {
  const [nearHeard, farHeard] = [new Heard(), new Heard()];
  const near = connect(nearHeard);
  const far = WAYS[way](await place.accept(), farHeard);
  return { near, far, nearHeard, farHeard };
}

/** Sends an Extent of each length, an Ack for 0, as fast as the socket takes them; counts those that it took over. */
async function sendAll(socket: FrameSocket, lengths: readonly number[], fill: number): Promise<{ count: number }> {
  const flushed = { count: 0 };
  for (const [seq, length] of lengths.entries()) {
    const payload = Buffer.alloc(length, fill + seq);
    const more =
      length === 0
        ? socket.send('Ack', { seq })
        : socket.send('Extent', extent(seq, length), payload, () => (flushed.count += 1));
    if (!more) await socket.drained();
  }
  return flushed;
}

async function expectAll(heard: Heard, lengths: readonly number[], fill: number): Promise<void> {
  await until('all frames', () => heard.frames.length === lengths.length);
  for (const [seq, length] of lengths.entries()) {
    const frame = heard.frames[seq];
    expect(frame?.header).toEqual(length === 0 ? { seq } : extent(seq, length));
    expect(frame?.payload.equals(Buffer.alloc(length, fill + seq))).toBe(true);
  }
  expect(heard.batches).toBeGreaterThan(0);
}

describe.each(ways)('a frame socket (%s)', (way) => {
  it('carries frames of any sizes in order and intact, both ways', async () => {
    const sizes = fc.array(
      fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 2 ** 20 })),
      { minLength: 1, maxLength: 12 },
    );
    const property = fc.asyncProperty(sizes, fc.nat(255), async (lengths, fill) => {
      const { near, far, nearHeard, farHeard } = await pair(way);
      const flushed = await Promise.all([near, far].map((socket) => sendAll(socket, lengths, fill)));
      await expectAll(nearHeard, lengths, fill);
      await expectAll(farHeard, lengths, fill);
      expect(near.sentBytes).toBe(far.sentBytes);
      const extents = lengths.filter((length) => length > 0).length;
      await until('all flushed', () => flushed.every(({ count }) => count === extents));
      near.end();
      await until('both ends', () => nearHeard.ends.length + farHeard.ends.length === 2);
      expect([nearHeard.ends, farHeard.ends, near.isOver]).toEqual([[undefined], [undefined], true]);
    });
    await fc.assert(property, { numRuns: 12 });
  });

  it('tells the peer why it fails, and each side once', async () => {
    const { near, far, nearHeard, farHeard } = await pair(way);
    far.fail(new GodwitError('E_NO_ROOM', { available: 1, needed: 2 }, { detail: 'ENOSPC' }));
    far.fail(new GodwitError('E_INTERNAL', { problem: 'later' }));
    await until('the end', () => nearHeard.ends.length > 0);
    expect(nearHeard.ends).toMatchObject([
      { code: 'E_NO_ROOM', message: 'the destination has 1 bytes free for 2 bytes' },
    ]);
    expect(nearHeard.ends[0]?.detail).toContain('ENOSPC');
    expect(farHeard.ends).toMatchObject([{ code: 'E_NO_ROOM' }]);
    for (const socket of [near, far]) {
      expect([socket.isOver, socket.send('Ack', { seq: 1 })]).toEqual([true, true]);
      await socket.drained();
      socket.destroy();
    }
    expect([nearHeard.ends.length, farHeard.ends.length, farHeard.frames]).toEqual([1, 1, []]);
  });
});

describe('a frame socket', () => {
  it('stops the sender of a slow reader, and goes on when it reads', async () => {
    const heard = new Heard();
    const near = connect(heard);
    const reader = await place.accept();
    const payload = Buffer.alloc(2 ** 20, 7);
    let sent = 0;
    let waiting = Promise.resolve();
    // What the kernel takes is megabytes; a sender that honours `drained` never gets to the end.
    for (let isStopped = false; !isStopped && sent < 64; sent++) {
      if (near.send('Extent', extent(sent, payload.length), payload)) continue;
      let drained = false;
      waiting = near.drained().then(() => {
        drained = true;
      });
      for (let i = 0; i < 100 && !drained; i++) await new Promise((resolve) => setImmediate(resolve));
      isStopped = !drained;
    }
    expect(sent).toBeLessThan(64);
    const got = listen(reader);
    await waiting;
    near.end();
    await until('the last byte', () => got.closed);
    expect(got.frames.map(({ header }) => header)).toEqual(
      Array.from({ length: sent }, (_, seq) => extent(seq, 2 ** 20)),
    );
  });

  it.each(ways)('asks no more of a peer that does not read its answers, and goes on when it does (%s)', async (way) => {
    const asker = net.connect(place.port, '127.0.0.1');
    asker.on('error', () => asker.destroy());
    const heard = new Heard();
    let answered = 0;
    Object.assign(heard.options, {
      onFrame: () => {
        // 2 KiB for a question of some bytes, whatever `send` says.
        answerer.send('Check', { seq: ++answered, image: 0, offset: 0, length: 4096 }, Buffer.alloc(2048));
      },
    });
    const answerer = WAYS[way](await place.accept(), heard);
    const questions = 40_000;
    const question = encodeFrame('Ack', { seq: 1 });
    // In pieces: what one read brings is answered whole.
    for (let i = 0; i < questions; i += 100) {
      asker.write(Buffer.concat(Array.from({ length: 100 }, () => question)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    const settled = async () => {
      for (let before = -1; before !== answered; await new Promise((resolve) => setTimeout(resolve, 50)))
        before = answered;
    };
    await settled();
    const stoppedAt = answered;
    expect(stoppedAt).toBeLessThan(questions);
    const got = listen(asker);
    await until('all answers', () => got.frames.length === questions);
    answerer.destroy();
    asker.destroy();
  });

  it.each(['fail', 'end'] as const)('waits for a peer that does not close only so long (%s)', async (ending) => {
    const stranger = net.connect({ port: place.port, host: '127.0.0.1', allowHalfOpen: true });
    stranger.on('error', () => undefined);
    const accepted = await place.accept();
    const heard = new Heard();
    const socket = FrameSocket.wrap(accepted, { ...heard.options, lingerMs: 60 });
    if (ending === 'end') socket.end();
    else socket.fail(new GodwitError('E_CANCELLED', { reason: 'x' }));
    stranger.resume();
    await once(stranger, 'end');
    expect(accepted.destroyed).toBe(false);
    await until('the end', () => accepted.destroyed && heard.ends.length === 1);
    stranger.destroy();
  });

  it('that ended in order answers nothing more, so that what was sent arrives', async () => {
    const { near, far, farHeard, nearHeard } = await pair('wrap');
    Object.assign(farHeard.options, { onFrame: () => far.send('Ack', { seq: 2 }) });
    far.send('Ack', { seq: 1 });
    far.end();
    near.send('Ack', { seq: 1 });
    await until('both ends', () => nearHeard.ends.length + farHeard.ends.length === 2);
    expect([nearHeard.frames.map(({ header }) => header), nearHeard.ends]).toEqual([[{ seq: 1 }], [undefined]]);
  });

  it.each(['near', 'far'] as const)('lets go whoever waits to send, when the %s side ends', async (ending) => {
    const near = connect(new Heard());
    const reader = await place.accept();
    const payload = Buffer.alloc(2 ** 20);
    for (let seq = 0; near.send('Extent', extent(seq, payload.length), payload) || seq === 0; seq++);
    const waiting = near.drained();
    if (ending === 'near') near.destroy();
    else reader.destroy();
    await waiting;
  });

  it('ends on garbage at both sides, by the name of what it is', async () => {
    for (const [code, garbage] of [
      ['E_DAMAGED', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
      ['E_DAMAGED', Buffer.alloc(100)],
      ['E_PROTOCOL', encodeFrame('Taken', { durationMs: 1, epochs: [1] })],
    ] as const) {
      const heard = new Heard(ALL.filter((name) => name !== 'Taken'));
      const socket = net.connect(place.port, '127.0.0.1');
      const peer = listen(socket);
      FrameSocket.wrap(await place.accept(), heard.options);
      socket.write(garbage);
      await until('the end', () => peer.closed);
      expect(heard.ends).toMatchObject([{ code }]);
      expect(peer.frames).toMatchObject([{ type: 'Failure', header: { code } }]);
    }
  });

  it('reports what its handler throws, and gives it nothing more', async () => {
    const { near, far, nearHeard, farHeard } = await pair('wrap');
    Object.assign(farHeard.options, {
      onFrame: () => {
        throw new GodwitError('E_TOO_MANY', { what: 'acks', limit: 0 });
      },
    });
    for (let seq = 0; seq < 5; seq++) near.send('Ack', { seq });
    await until('both ends', () => nearHeard.ends.length + farHeard.ends.length === 2);
    expect([nearHeard.ends, farHeard.ends]).toMatchObject([[{ code: 'E_TOO_MANY' }], [{ code: 'E_TOO_MANY' }]]);
    far.destroy();
  });

  it('takes only what is in phase', async () => {
    const { near, far, nearHeard, farHeard } = await pair('wrap');
    far.setAccepts(['Ack']);
    near.send('Ack', { seq: 1 });
    near.send('Cancelled', {});
    await until('the end', () => nearHeard.ends.length === 1);
    expect(farHeard.frames.map(({ type }) => type)).toEqual(['Ack']);
    expect(farHeard.ends).toMatchObject([{ code: 'E_PROTOCOL' }]);
  });

  it('is lost when the peer resets it or nobody listens', async () => {
    const heard = new Heard();
    connect(heard);
    (await place.accept()).resetAndDestroy();
    const nobody = await openPlace();
    nobody.close();
    const refused = new Heard();
    FrameSocket.connect({ host: '127.0.0.1', port: nobody.port }, refused.options);
    await until('both', () => heard.ends.length + refused.ends.length === 2);
    expect([...heard.ends, ...refused.ends]).toMatchObject([
      { code: 'E_PEER_LOST', cause: { code: 'ECONNRESET' } },
      { cause: { code: 'ECONNREFUSED' } },
    ]);
  });

  it('that was closed before it was taken over tells its end all the same', async () => {
    const socket = net.connect(place.port, '127.0.0.1');
    const accepted = await place.accept();
    socket.destroy();
    accepted.destroy();
    await once(accepted, 'close');
    const heard = new Heard();
    FrameSocket.wrap(accepted, heard.options);
    await until('the end', () => heard.ends.length === 1);
  });
});

it('takes from a peer no code that the table does not have', () => {
  expect(peerFailure({ code: 'E_NEW', message: 'it', detail: '' })).toMatchObject({ code: 'E_PEER' });
  const error = peerFailure({ code: 'E_IO', message: 'text of theirs', detail: 'more' });
  expect([error.code, error.message, error.detail]).toEqual(['E_IO', 'text of theirs', 'reported by the peer: more']);
});
