import type net from 'node:net';
import { GodwitError } from '@godwit/errors';
import { encodeFrame } from '@godwit/protocol';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ControlChannel } from './controlChannel.js';
import { FrameSocket } from './frameSocket.js';
import { ALL, listen, openPlace, type Place, until } from './testing/wire.js';

let place: Place;
const channels: ControlChannel[] = [];
beforeAll(async () => {
  place = await openPlace();
});
afterEach(() => {
  for (const channel of channels.splice(0)) channel.destroy();
});
afterAll(() => place.close());

function channelOver(
  take: (options: Parameters<typeof FrameSocket.wrap>[1]) => FrameSocket,
  peerTimeoutMs: number,
): ControlChannel {
  const channel = new ControlChannel(peerTimeoutMs);
  channels.push(channel);
  const socket = take({
    accepts: ALL,
    onFrame: (frame) => channel.receive(frame),
    onEnd: (error) => channel.finish(error),
  });
  channel.attach(socket);
  return channel;
}

/** A channel and the plain socket of its peer. */
async function open(peerTimeoutMs = 60_000): Promise<{ channel: ControlChannel; peer: net.Socket }> {
  const address = { host: '127.0.0.1', port: place.port };
  const channel = channelOver((options) => FrameSocket.connect(address, options), peerTimeoutMs);
  return { channel, peer: await place.accept() };
}

const ended = (round: number) => encodeFrame('RoundSynced', { round, durationMs: 1 });

describe('a control channel', () => {
  it('gives a frame to whoever waits for its type, in the order of asking, else to the handler', async () => {
    const { channel, peer } = await open();
    const handled: number[] = [];
    channel.on('RoundSynced', ({ round }) => handled.push(round));
    const waits = [
      channel.waitFor('RoundSynced'),
      channel.waitForAny(['Cancelled', 'RoundSynced']),
      channel.waitFor('Prepared'),
    ];
    peer.write(Buffer.concat([ended(1), ended(2), ended(3), encodeFrame('Prepared', { durationMs: 5 })]));
    const [one, two, three] = await Promise.all(waits);
    expect([one, two, three]).toMatchObject([
      { round: 1 },
      { type: 'RoundSynced', header: { round: 2 } },
      { durationMs: 5 },
    ]);
    expect(handled).toEqual([3]);
  });

  it('ends on a frame out of phase, and says so', async () => {
    const { channel, peer } = await open();
    const got = listen(peer);
    const waiting = expect(channel.waitFor('Prepared')).rejects.toMatchObject({ code: 'E_PROTOCOL' });
    peer.write(encodeFrame('Taken', { durationMs: 1, epochs: [1] }));
    await waiting;
    expect(await channel.closed).toMatchObject({
      code: 'E_PROTOCOL',
      parameters: { problem: 'Taken is out of phase' },
    });
    await until('the end', () => got.closed);
    expect(got.frames).toMatchObject([{ type: 'Failure', header: { code: 'E_PROTOCOL' } }]);
  });

  it('rejects all who wait, now and later, with the reason of its end', async () => {
    const endings: [(channel: ControlChannel, peer: net.Socket) => void, object][] = [
      [(channel) => channel.close(), { code: 'E_PEER_LOST', detail: 'connection closed' }],
      [(channel) => channel.fail(new GodwitError('E_TIMEOUT', { timeoutMs: 1 })), { code: 'E_TIMEOUT' }],
      [(channel) => channel.destroy(new GodwitError('E_CANCELLED', { reason: 'x' })), { code: 'E_CANCELLED' }],
      [
        (_, peer) => peer.write(encodeFrame('Failure', { code: 'E_NO_ROOM', message: 'm', detail: '' })),
        { code: 'E_NO_ROOM' },
      ],
      [(_, peer) => peer.destroy(), { code: 'E_PEER_LOST' }],
    ];
    for (const [end, reason] of endings) {
      const { channel, peer } = await open();
      const waits = [channel.waitFor('Prepared'), channel.waitForAny(['Taken'])];
      const outcomes = waits.map((wait) => expect(wait).rejects.toMatchObject(reason));
      expect(channel.over).toBeUndefined();
      end(channel, peer);
      await Promise.all(outcomes);
      channel.finish(new GodwitError('E_INTERNAL', { problem: 'too late' }));
      expect([channel.over, await channel.closed]).toMatchObject([reason, reason]);
      await expect(channel.waitFor('Taken')).rejects.toMatchObject(reason);
    }
  });

  it('loses a peer that says nothing, however much is sent to it', async () => {
    const { channel, peer } = await open(120);
    const got = listen(peer);
    const lost = await channel.closed;
    expect(lost.code).toBe('E_PEER_LOST');
    expect(lost.parameters['silentMs']).toBeGreaterThanOrEqual(120);
    await until('the end', () => got.closed);
    // It was asked before it was given up.
    expect(got.frames.filter(({ type }) => type === 'Heartbeat').length).toBeGreaterThanOrEqual(2);
  });

  it('keeps a peer that answers heartbeats and does nothing else, and knows the round trip', async () => {
    const near = await open(400);
    const far = channelOver((options) => FrameSocket.wrap(near.peer, options), 400);
    expect([near.channel.rttMs, near.channel.heartbeatMs]).toEqual([undefined, 100]);
    for (const channel of [near.channel, far]) channel.speaks(2);
    const began = performance.now();
    await until('more than a time-out', () => performance.now() - began > 900);
    expect([near.channel.over, far.over]).toEqual([undefined, undefined]);
    for (const channel of [near.channel, far]) expect(channel.rttMs).toBeGreaterThanOrEqual(0);
  });

  it('echoes nothing to version 1', async () => {
    const { channel, peer } = await open(200);
    const got = listen(peer);
    channel.speaks(1);
    peer.write(encodeFrame('Heartbeat', { sentAtMs: 1, echoMs: 0 }));
    await until('heartbeats', () => got.frames.length >= 2);
    for (const frame of got.frames) expect(frame).toMatchObject({ type: 'Heartbeat', header: { echoMs: 0 } });
    expect(channel.rttMs).toBeUndefined();
  });

  it('has an interval that the wire can carry, whatever the time-out', () => {
    for (const [peerTimeoutMs, heartbeatMs] of [
      [1001, 250],
      [10_000, 2000],
      [3, 1],
      [0.5, 1],
    ] as const) {
      const channel = new ControlChannel(peerTimeoutMs);
      channels.push(channel);
      expect(channel.heartbeatMs).toBe(heartbeatMs);
    }
  });
});
