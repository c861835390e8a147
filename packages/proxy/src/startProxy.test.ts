/** The proxy as its clients meet it. */
import { once } from 'node:events';
import net from 'node:net';
import { type NbdAddress, NbdClient } from '@godwit/nbd';
import { LIMITS } from '@godwit/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RunningProxy, startProxy } from './startProxy.js';
import { FakeOwner } from './testing/fakeOwner.js';
import { filled, SIZE, Stage } from './testing/stage.js';

let stage: Stage;
let proxy: RunningProxy;
const clients: NbdClient[] = [];
beforeEach(async () => {
  stage = await Stage.open();
  const to = [stage.a, stage.b].map(({ address }) => ({ address, tls: false }));
  const listen = { host: '127.0.0.1', port: 0 };
  proxy = await startProxy({ listen, to, patienceMs: 30_000, logger: stage.parts.log });
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy.close();
  await stage.close();
});

async function connect(address: NbdAddress = proxy.address): Promise<NbdClient> {
  const client = await NbdClient.connect(address, 'vm0', { timeoutMs: 5_000, contexts: ['base:allocation'] });
  clients.push(client);
  return client;
}

/** More than Node.js reads at once, and less than the system takes for it: behind more the end would not arrive. */
const REQUESTS = 4_000;

/** A whole client in one piece: flags, EXPORT_NAME, and so many requests to flush. */
function flushes(count: number): Buffer {
  const hello = Buffer.from('00000003' + '49484156454f5054' + '00000001' + '00000003' + '766d30', 'hex');
  const requests = Array.from({ length: count }, (_, cookie) => {
    const request = Buffer.alloc(28);
    request.writeUInt32BE(0x25609513, 0);
    request.writeUInt16BE(3, 6);
    request.writeUInt32BE(cookie, 12);
    return request;
  });
  return Buffer.concat([hello, ...requests]);
}

describe('a client of the proxy', () => {
  it('stays connected while its export moves, and finds what it wrote', async () => {
    const { a, b } = stage;
    const client = await connect();
    await client.write(0, filled(1));
    a.holding = true;
    const answers = [client.write(512, filled(2)), client.flush(), client.read(0, new Uint8Array(512))];
    await a.until(() => a.held.length === 3);
    a.bytes.copy(b.bytes);
    stage.move();
    for (const call of a.held) call.refuse();
    await Promise.all(answers);
    const target = new Uint8Array(1024);
    await client.read(0, target);
    expect(target).toEqual(Uint8Array.from([...filled(1), ...filled(2)]));
    expect(await client.blockStatus('base:allocation', 0, SIZE)).toEqual([{ length: SIZE, flags: 3 }]);
    expect(stage.said).toEqual(['the owner was found', 'the owner changed']);
  });

  it('has nothing of it left at the owner once it has gone', async () => {
    const { a, b } = stage;
    const client = await connect();
    a.holding = true;
    const answer = expect(client.write(0, filled(1))).rejects.toMatchObject({ code: 'E_UNREACHABLE' });
    await a.until(() => a.held.length === 1);
    client.destroy();
    await answer;
    await a.until(() => a.connections === 0);
    stage.move();
    const next = await connect();
    await next.write(0, filled(2));
    expect(b.log).toEqual(['write 0+512']);
  });

  it('has nothing left there although it is not read', async () => {
    const { a, b } = stage;
    a.holding = true;
    const client = net.connect(proxy.address);
    client.resume();
    client.write(flushes(REQUESTS));
    await a.until(() => a.held.length === LIMITS.nbdInFlightRequests);
    client.destroy();
    await once(client, 'close');
    stage.move();
    await connect();
    await a.until(() => a.connections === 0);
    expect(b.log).toEqual([]);
  });

  it('is told that an export is unknown', async () => {
    stage.a.attitude = 'absent';
    await expect(connect()).rejects.toMatchObject({ code: 'E_NBD_REFUSED' });
  });

  it('is closed when the export comes back with another size', async () => {
    const client = await connect();
    await client.write(0, filled(1));
    const { path } = stage.a;
    await stage.a.die();
    const other = await FakeOwner.listen(path, SIZE * 2);
    await client.ended;
    expect(stage.said).toContain('the size of the export differs; its client is closed');
    await other.close();
  });

  it('is dropped when the proxy ends', async () => {
    const client = await connect();
    await proxy.close();
    await client.ended;
    await expect(connect()).rejects.toMatchObject({ code: 'E_UNREACHABLE' });
  });
});

describe('startProxy', () => {
  it('says where it listens', () => {
    expect(proxy.whereabouts).toMatch(/^NBD on 127\.0\.0\.1:\d+, following unix:.*a, unix:.*b$/);
  });

  it('takes fewer clients than an agent does, and says so', async () => {
    const sockets = Array.from({ length: LIMITS.nbdProxyConnections + 1 }, () =>
      net.connect('port' in proxy.address ? proxy.address : { path: proxy.address.path }),
    );
    const refused = await Promise.race(sockets.map((socket) => once(socket, 'close').then(() => socket)));
    expect(stage.said).toContain('connection refused');
    expect(sockets.filter((socket) => socket !== refused && socket.destroyed)).toEqual([]);
    for (const socket of sockets) socket.destroy();
  });

  it('does not take a port or a socket that is taken', async () => {
    const options = { to: [{ address: stage.b.address, tls: false }], patienceMs: 1, logger: stage.parts.log };
    await expect(startProxy({ ...options, listen: proxy.address })).rejects.toMatchObject({ code: 'E_PORT_IN_USE' });
    await expect(startProxy({ ...options, listen: stage.a.address })).rejects.toMatchObject({ code: 'E_SOCKET_PATH' });
  });
});
