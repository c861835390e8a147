import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { GateState } from '@godwit/image';
import { type ConnectOptions, NbdClient, NbdErrno } from '@godwit/nbd';
import { LIMITS } from '@godwit/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../logging/logger.js';
import { createMetrics } from '../metrics/agentMetrics.js';
import { NbdMetrics } from './nbdMetrics.js';
import { NbdService } from './nbdService.js';
import { NBD_THREADS } from './nbdWorker.js';
import { scratchImage } from './testing/scratchImage.js';

const SIZE = 256 * 1024;
const options: ConnectOptions = { timeoutMs: 10_000 };
let folder: string;
let path: string;
let service: NbdService;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'godwit-service-'));
  path = join(folder, 'nbd.sock');
});
afterEach(async () => {
  await service.close();
  rmSync(folder, { recursive: true, force: true });
});

async function serve(wait = false): Promise<void> {
  service = new NbdService(
    { wait, farewell: 'eshutdown', tls: { mode: 'off' }, unixPath: path },
    createLogger('silent'),
  );
  await service.listen();
}
const connect = (name = 'vm') => NbdClient.connect({ path }, name, options);

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}

describe('an image that is to come', () => {
  const patient = (signal = new AbortController().signal) => NbdClient.standBy({ path }, 'vm', options, signal);

  it('is there for nobody before its gate opens, and in that moment for who waits', async () => {
    await serve();
    const image = scratchImage('vm', SIZE);
    let isServed = false;
    const waiting = patient().finally(() => {
      isServed = true;
    });
    image.maps.gate.seal();
    service.expect(image);
    await expect(connect()).rejects.toMatchObject({ code: 'E_NBD_REFUSED' });
    await expect(connect('')).rejects.toMatchObject({ code: 'E_NBD_REFUSED' });
    expect([isServed, [...service.totals().keys()]]).toEqual([false, []]);
    image.maps.gate.open();
    const client = await waiting;
    await client.write(0, Buffer.alloc(4096, 7));
    expect(image.maps.dirty.has(0)).toBe(true);
    expect([client.size, (await connect('')).name, [...service.totals().keys()]]).toEqual([SIZE, 'vm', ['vm']]);
    client.destroy();
  });

  it('is let go when it does not come: who waits goes on waiting, for one that does', async () => {
    await serve();
    const [lost, found] = [scratchImage('vm', SIZE), scratchImage('vm', 2 * SIZE)];
    const waiting = patient();
    lost.maps.gate.seal();
    service.expect(lost);
    await service.withdraw('vm');
    // Whatever opens its gate now, it is nobody's any more.
    lost.maps.gate.open();
    await expect(connect()).rejects.toMatchObject({ code: 'E_NBD_REFUSED' });
    found.maps.gate.seal();
    service.expect(found);
    found.maps.gate.open();
    const client = await waiting;
    expect(client.size).toBe(2 * SIZE);
    client.destroy();
  });

  it('is waited for where another of its name has left, by who is patient', async () => {
    await serve();
    const [left, back] = [scratchImage('vm', SIZE), scratchImage('vm', SIZE)];
    service.add(left);
    left.maps.gate.move();
    const waiting = patient();
    await expect(connect()).rejects.toMatchObject({ code: 'E_NBD_REFUSED' });
    await service.withdraw('vm');
    back.maps.gate.seal();
    service.expect(back);
    back.maps.gate.open();
    const client = await waiting;
    await client.write(0, Buffer.alloc(4096, 7));
    expect([left.maps.dirty.has(0), back.maps.dirty.has(0)]).toEqual([false, true]);
    client.destroy();
  });

  it('is forgotten by a client that does not want to wait any longer', async () => {
    await serve();
    const enough = new AbortController();
    const waiting = expect(patient(enough.signal)).rejects.toThrow();
    await new Promise((resolve) => setImmediate(resolve));
    enough.abort();
    await waiting;
  });
});

describe('images served by NBD', () => {
  it('are there as long as they are added, by name, and by no name when there is one', async () => {
    await serve();
    await expect(connect()).rejects.toMatchObject({ code: 'E_NBD_REFUSED' });
    service.add(scratchImage('vm', SIZE));
    const [named, only] = [await connect(), await connect('')];
    expect([named.size, only.name]).toEqual([SIZE, 'vm']);
    service.add(scratchImage('other', 4096));
    await expect(connect('')).rejects.toMatchObject({ code: 'E_NBD_REFUSED' });
    expect((await connect('other')).size).toBe(4096);
    await service.withdraw('vm');
    expect([named.hasEnded, only.hasEnded]).toEqual([true, true]);
    await expect(connect()).rejects.toMatchObject({ code: 'E_NBD_REFUSED' });
    expect((await connect('')).name).toBe('other');
  });

  it('are counted over all threads, and forgotten when they are withdrawn', async () => {
    await serve();
    const metrics = createMetrics('source');
    new NbdMetrics(metrics, () => service.totals());
    service.add(scratchImage('vm', SIZE));
    const clients = await Promise.all(Array.from({ length: 6 }, () => connect()));
    for (const client of clients) await client.write(0, Buffer.alloc(100));
    // A thread's counters are read while it counts: a request shows in one before it shows in the next.
    await until(() => {
      const totals = service.totals().get('vm');
      return totals?.bytes.write === 600 && totals.changes === 6 && totals.connections === 6;
    });
    const text = await metrics.metrics();
    expect(text).toContain('godwit_nbd_requests_total{export="vm",kind="write",role="source"} 6\n');
    expect(text).toContain('godwit_nbd_bytes_total{export="vm",direction="write",role="source"} 600\n');
    expect(text).toContain('godwit_nbd_connections{export="vm",role="source"} 6\n');
    expect(text).toContain('godwit_nbd_request_seconds_bucket{export="vm",le="+Inf",role="source"} 6\n');
    expect(text).toContain('godwit_nbd_request_seconds_count{export="vm",role="source"} 6\n');
    await service.withdraw('vm');
    expect(await metrics.metrics()).not.toContain('export="vm"');
  });

  it('are waited for when that is asked for, and by nobody who has left', async () => {
    await serve(true);
    const impatient = net.connect(path);
    await NbdClient.connect({ path }, 'vm', { timeoutMs: 50 }).catch(() => undefined);
    impatient.destroy();
    const waiting = connect();
    service.add(scratchImage('vm', SIZE));
    await (await waiting).flush();
    await until(() => service.totals().get('vm')?.connections === 1);
  });

  it('that move are told of by ESHUTDOWN, and refused afterwards', async () => {
    await serve();
    const image = scratchImage('vm', SIZE);
    service.add(image);
    const client = await connect();
    image.maps.gate.close();
    const waiting = expect(client.write(0, Buffer.alloc(1))).rejects.toMatchObject({ errno: NbdErrno.ESHUTDOWN });
    image.maps.gate.move();
    await waiting;
    await client.ended;
    await expect(connect()).rejects.toMatchObject({ code: 'E_NBD_REFUSED' });
  });
});

describe('the threads of NBD', () => {
  it('keep no place for a client that left while it waited at the gate', async () => {
    await serve();
    const image = scratchImage('vm', SIZE);
    service.add(image);
    const client = await connect();
    image.maps.gate.close();
    const lost = expect(client.write(0, Buffer.alloc(1))).rejects.toThrow();
    // Behind the write, and served: the write waits by then.
    await client.read(0, Buffer.alloc(1));
    client.destroy();
    await lost;
    await until(() => service.totals().get('vm')?.connections === 0);
    expect(image.maps.gate.state).toBe(GateState.closed);
  });

  it('are not to be had without descriptors, which costs a client and not the agent', async () => {
    await serve();
    service.add(scratchImage('vm', SIZE));
    const take = vi.spyOn(NBD_THREADS, 'take').mockImplementation(() => {
      throw new Error('EMFILE');
    });
    await expect(connect()).rejects.toThrow();
    take.mockRestore();
    await (await connect()).write(0, Buffer.alloc(1));
  });

  it('take no more connections than there may be', async () => {
    await serve();
    service.add(scratchImage('vm', SIZE));
    const sockets = Array.from({ length: LIMITS.nbdConnections }, () => net.connect(path));
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('data', resolve))));
    await expect(connect()).rejects.toMatchObject({ code: 'E_UNREACHABLE' });
    for (const socket of sockets) socket.destroy();
  });

  it('take nobody with them when one dies', async () => {
    const workers: Worker[] = [];
    const take = NBD_THREADS.take.bind(NBD_THREADS);
    vi.spyOn(NBD_THREADS, 'take').mockImplementation((start) => {
      const worker = take(start);
      workers.push(worker);
      return worker;
    });
    await serve();
    const image = scratchImage('vm', SIZE);
    service.add(image);
    const [one, other] = [await connect(), await connect()];
    await one.write(0, Buffer.alloc(1));
    expect(workers).toHaveLength(2);
    // It is counted once it is answered.
    await until(() => service.totals().get('vm')?.requests.write === 1);
    await workers[0]?.terminate();
    await one.ended;
    await other.write(0, Buffer.alloc(1));
    const next = await connect();
    await next.write(0, Buffer.alloc(1));
    await until(() => service.totals().get('vm')?.requests.write === 3);
    expect(service.totals().get('vm')?.connections).toBe(2);
    await service.withdraw('vm');
    expect([other.hasEnded, next.hasEnded]).toEqual([true, true]);
  });

  it('end with the service, whoever is connected, and with it the socket', async () => {
    await serve();
    service.add(scratchImage('vm', SIZE));
    const client = await connect();
    await service.close();
    await client.ended;
    await expect(connect()).rejects.toMatchObject({ code: 'E_UNREACHABLE' });
  });
});
