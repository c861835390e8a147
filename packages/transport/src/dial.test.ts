import { once } from 'node:events';
import http from 'node:http';
import type net from 'node:net';
import { encodeFrame, encodePreamble } from '@godwit/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DialOptions, dialControl } from './dial.js';
import { openPlace, type Place, until } from './testing/wire.js';

let place: Place;
beforeEach(async () => {
  place = await openPlace();
});
afterEach(() => place.close());

const ACK = encodeFrame('HelloAck', { version: 2, agentVersion: 'far', windowBytes: 0, heartbeatMs: 1000 });

function dial(options: Partial<DialOptions> = {}): ReturnType<typeof dialControl> {
  return dialControl({
    host: '127.0.0.1',
    port: place.port,
    token: '',
    agentVersion: 'near',
    peerTimeoutMs: 60_000,
    ...options,
  });
}

/** Expects a dial to fail while the far end does `answer`. */
async function expectFailure(answer: (socket: net.Socket) => void, error: object): Promise<void> {
  const outcome = expect(dial()).rejects.toMatchObject(error);
  answer(await place.accept());
  await outcome;
}

describe('dialling', () => {
  it('gives a channel and what the destination said', async () => {
    const dialled = dial();
    const peer = await place.accept();
    peer.write(ACK);
    const { channel, ack } = await dialled;
    expect(ack).toEqual({ version: 2, agentVersion: 'far', windowBytes: 0, heartbeatMs: 1000 });
    peer.write(encodeFrame('Cancelled', {}));
    await channel.waitFor('Cancelled');
    peer.destroy();
    expect(await channel.closed).toMatchObject({ code: 'E_PEER_LOST' });
  });

  it('a port where nobody listens is E_UNREACHABLE', async () => {
    place.close();
    const problem = {
      code: 'E_UNREACHABLE',
      parameters: { address: `127.0.0.1:${place.port}`, problem: 'ECONNREFUSED' },
    };
    await expect(dial()).rejects.toMatchObject(problem);
  });

  it('a name that nobody has is E_UNREACHABLE', async () => {
    await expect(dial({ host: 'nobody.invalid' })).rejects.toMatchObject({ code: 'E_UNREACHABLE' });
  });

  it('a web server is E_NOT_GODWIT', async () => {
    const server = http.createServer((_, response) => response.end('hello'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await expect(dial({ port })).rejects.toMatchObject({
      code: 'E_NOT_GODWIT',
      parameters: { address: `127.0.0.1:${port}` },
    });
    server.close();
  });

  it('who closes or resets at the hello is E_NOT_GODWIT', async () => {
    await expectFailure((socket) => socket.end(), { code: 'E_NOT_GODWIT' });
    await expectFailure((socket) => socket.resetAndDestroy(), { code: 'E_NOT_GODWIT' });
    await expectFailure((socket) => socket.write('SSH-2.0-OpenSSH_9.6\r\n'), { code: 'E_NOT_GODWIT' });
  });

  it('what the destination reports is reported under its own code', async () => {
    for (const code of ['E_UNAUTHORIZED', 'E_TOO_MANY', 'E_PROTOCOL']) {
      const failure = encodeFrame('Failure', { code, message: `${code} in words`, detail: '' });
      await expectFailure((socket) => socket.end(failure), { code, message: `${code} in words` });
    }
  });

  it('dials again in the oldest version whoever refuses the newest, and no third time', async () => {
    const refusal = encodeFrame('Failure', { code: 'E_VERSION', message: 'too new', detail: '' });
    const preambles: Buffer[] = [];
    const answer = async (bytes: Uint8Array) => {
      const peer = await place.accept();
      const [first]: Buffer[] = await once(peer.resume(), 'data');
      if (first !== undefined) preambles.push(first.subarray(0, 8));
      peer.write(bytes);
      return peer;
    };
    const dialled = dial();
    await answer(refusal);
    await answer(encodeFrame('HelloAck', { version: 1, agentVersion: 'old', windowBytes: 0, heartbeatMs: 1000 }));
    const { channel, ack, version } = await dialled;
    expect([version, ack.agentVersion]).toEqual([1, 'old']);
    channel.destroy();
    const refused = expect(dial()).rejects.toMatchObject({ code: 'E_VERSION', message: 'too new' });
    await answer(refusal);
    await answer(refusal);
    await refused;
    expect(preambles).toEqual([2, 1, 2, 1].map((number) => encodePreamble('control', number)));
  });

  it('believes no version that it did not offer', async () => {
    const outcome = expect(dial()).rejects.toMatchObject({ code: 'E_VERSION', parameters: { theirs: 2, newest: 1 } });
    (await place.accept()).end(encodeFrame('Failure', { code: 'E_VERSION', message: 'too new', detail: '' }));
    (await place.accept()).write(ACK);
    await outcome;
  });

  it('who says nothing is E_UNREACHABLE after the time for a hello, also with a short peer time-out', async () => {
    for (const peerTimeoutMs of [10_000, 40]) {
      const outcome = expect(dial({ helloTimeoutMs: 150, peerTimeoutMs })).rejects.toMatchObject({
        code: 'E_UNREACHABLE',
        parameters: { problem: 'no hello within 150 ms' },
      });
      const peer = await place.accept();
      peer.resume();
      await outcome;
      await until('the end', () => peer.destroyed);
    }
  });

  it('says nothing behind the Hello before it is answered, however long that takes', async () => {
    const dialled = dial({ peerTimeoutMs: 400 });
    const peer = await place.accept();
    peer.resume();
    let bytes = 0;
    peer.on('data', (chunk: Buffer) => (bytes += chunk.length));
    await until('the Hello', () => bytes > 0);
    const helloBytes = bytes;
    // Three heartbeats long.
    const began = performance.now();
    await until('more than some heartbeats', () => performance.now() - began > 330);
    expect(bytes).toBe(helloBytes);
    peer.write(ACK);
    const { channel } = await dialled;
    await until('a heartbeat', () => bytes > helloBytes);
    channel.close();
  });

  it('ends when it is cancelled, before or while it dials', async () => {
    await expect(dial({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'E_CANCELLED' });
    const controller = new AbortController();
    const outcome = expect(dial({ signal: controller.signal })).rejects.toMatchObject({ code: 'E_CANCELLED' });
    const peer = await place.accept();
    peer.resume();
    controller.abort();
    await outcome;
    await until('the end', () => peer.destroyed);
  });
});
