import { GodwitError } from '@godwit/errors';
import { encodeFrame, LIMITS } from '@godwit/protocol';
import { FrameSocket, Listener } from '@godwit/transport';
import { afterEach, describe, expect, it } from 'vitest';
import { planRound } from '../rounds/plan.js';
import { scratchImages } from '../testing/scratchImage.js';
import { LanePool } from './lanePool.js';

const image = scratchImages();
const open: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

interface Place {
  readonly port: number;
  readonly versions: number[];
  readonly connections: () => number;
}

/** A destination that greets lanes, or does not, and acknowledges nothing. */
async function silentPlace(greets: boolean): Promise<Place> {
  const versions: number[] = [];
  let connections = 0;
  const listener = await Listener.listen({
    host: '127.0.0.1',
    port: 0,
    token: '',
    onRefused: () => undefined,
    onGreeted: ({ socket, version }) => {
      versions.push(version);
      connections += 1;
      socket.once('close', () => (connections -= 1));
      const accepts = ['Extent', 'Zero', 'Check', 'CheckZero'] as const;
      FrameSocket.wrap(socket, { accepts, onFrame: () => undefined, onEnd: () => undefined });
      const header = { version, agentVersion: 'far', windowBytes: LIMITS.windowBytes, heartbeatMs: 0 };
      if (greets) socket.write(encodeFrame('HelloAck', header));
    },
  });
  open.push(
    () => listener.close(),
    () => listener.destroyConnections(),
  );
  return { port: listener.port, versions, connections: () => connections };
}

function startAt(port: number, more: { peerTimeoutMs?: number; version?: number } = {}) {
  const live = image(3 * 1024 * 1024, 4096, [{ offset: 0, bytes: Buffer.alloc(3 * 1024 * 1024, 7) }]);
  const start = { host: '127.0.0.1', port, token: '', agentVersion: 'near', migrationId: 'm', sessionKey: 'k' };
  return { live, start: { ...start, images: [live.handle()], ...more } };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe('a pool of lanes', () => {
  it('opens no lane once it is closed: nobody would close that one', async () => {
    const place = await silentPlace(true);
    const { start } = startAt(place.port);
    const pool = await LanePool.open(1, start);
    expect(await pool.grow()).toBe(true);
    expect([pool.size, place.versions.length]).toEqual([2, 2]);
    await pool.close();
    expect(await pool.grow()).toBe(false);
    await until(() => place.connections() === 0);
    expect(place.versions).toHaveLength(2);
  });

  it("gives no work to threads that it has given back: they may be another pool's", async () => {
    const place = await silentPlace(true);
    const { live, start } = startAt(place.port);
    const pool = await LanePool.open(1, start);
    await pool.close();
    live.maps.dirty.setRange(0, 1);
    const { items } = await planRound([live], 'wire');
    await expect(pool.run('send', 1, items)).rejects.toMatchObject({ code: 'E_CANCELLED' });
    // The thread that was given back serves the next pool.
    const next = await LanePool.open(1, start);
    await next.close();
  });

  it('ends the pass that is under way, and whoever waits for a loss, when it is closed', async () => {
    const place = await silentPlace(true);
    const { live, start } = startAt(place.port);
    const pool = await LanePool.open(2, start);
    live.maps.markDirty(0, live.size);
    const running = pool.run('send', 1, (await planRound([live], 'full')).items);
    const outcomes = [running, pool.lost].map((work) => expect(work).rejects.toMatchObject({ code: 'E_CANCELLED' }));
    await until(() => pool.totals().wireBytes > 0);
    await pool.close();
    await Promise.all(outcomes);
  });

  it('does not wait for a greeting for ever, and leaves no connection behind', async () => {
    const place = await silentPlace(false);
    const { start } = startAt(place.port);
    const parameters = { timeoutMs: 300 };
    await expect(LanePool.open(3, start, undefined, 300)).rejects.toMatchObject({
      code: 'E_HELLO_TIMEOUT',
      parameters,
    });
    await until(() => place.connections() === 0);
    // Threads that were not up in time have not dialled; nobody dials afterwards.
    expect(place.versions.length).toBeLessThanOrEqual(3);
    expect(place.versions.filter((version) => version !== 2)).toEqual([]);
  });

  it('stops opening when it is told to, for the reason that it is told', async () => {
    const place = await silentPlace(false);
    const { start } = startAt(place.port);
    const controller = new AbortController();
    const reason = new GodwitError('E_TIMEOUT', { timeoutMs: 7 });
    const outcome = expect(LanePool.open(2, start, controller.signal)).rejects.toBe(reason);
    await until(() => place.connections() === 2);
    controller.abort(reason);
    await outcome;
    await until(() => place.connections() === 0);
    await expect(LanePool.open(2, start, AbortSignal.abort())).rejects.toMatchObject({ code: 'E_CANCELLED' });
    expect(place.versions).toHaveLength(2);
  });

  it('loses a lane that nobody acknowledges', async () => {
    const place = await silentPlace(true);
    const { live, start } = startAt(place.port, { peerTimeoutMs: 50 });
    const pool = await LanePool.open(1, start);
    open.push(() => pool.close());
    live.maps.markDirty(0, live.size);
    const running = pool.run('send', 1, (await planRound([live], 'full')).items);
    await expect(running).rejects.toMatchObject({ code: 'E_LANE_LOST' });
    await expect(running).rejects.toThrow(/no frame was acknowledged for \d+ ms/);
  });

  it('says the version that its control channel speaks', async () => {
    const place = await silentPlace(true);
    const pool = await LanePool.open(2, startAt(place.port, { version: 1 }).start);
    await pool.close();
    expect(place.versions).toEqual([1, 1]);
  });
});
