/**
 * A client of the proxy, whose connection to the destination was made ahead of the switch; and a destination that is
 * killed before it owns.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { until } from '../harness/condition.js';
import { Hold, type HoldPoint } from '../harness/hold.js';
import { makeRandomImage } from '../harness/imageFiles.js';
import { migrateCompletely, untilState } from '../harness/moving.js';
import { DISK } from '../harness/pair.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { bytesWrittenTo } from './exportCounts.js';
import { FollowingProxy, type MovingPair, movingPair, requestOf } from './movingPair.js';
import { RawClient, type RawReply } from './rawClient.js';
import { COMMAND } from './wire.js';

const SIZE_BYTES = 4 * 1024 * 1024;
const WRITE_BYTES = 512;
const ESTABLISHED = '01';

/** Connections that stand with a TCP port of this host as their server. */
function connectionsTo(port: number): number {
  const here = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const rows = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n').slice(1);
  const sockets = rows.map((row) => row.trim().split(/\s+/));
  return sockets.filter(([, local = '', , state]) => local.endsWith(here) && state === ESTABLISHED).length;
}

/** A client that writes one piece after the other, each of its own number, and what the image has to be by it. */
class Writer {
  readonly image: Buffer;
  readonly #client: RawClient;
  #number = 0;

  constructor(client: RawClient, image: Buffer) {
    this.#client = client;
    this.image = image;
  }

  static async attach(stage: Stage, pair: MovingPair, proxy: FollowingProxy): Promise<Writer> {
    return new Writer(await RawClient.attach(stage, proxy.place, DISK), readFileSync(pair.path));
  }

  write(): Promise<RawReply> {
    const number = ++this.#number;
    const offset = (number * 37 * WRITE_BYTES) % SIZE_BYTES;
    const payload = Buffer.alloc(WRITE_BYTES, `write ${number} `);
    this.image.set(payload, offset);
    return this.#client.call({ command: COMMAND.write, cookie: number, offset, payload });
  }

  async readAll(): Promise<Buffer> {
    return (await this.#client.call({ command: COMMAND.read, length: SIZE_BYTES })).data;
  }
}

/** The destination dies with the move held at `point` of it or of the source, a write waiting, and a standby at it. */
async function destinationKilled(point: HoldPoint) {
  const stage = stageForTest();
  const hold = new Hold(stage, point);
  const where = point.startsWith('dest.') ? 'destination' : 'source';
  const image = (path: string): void => makeRandomImage(path, SIZE_BYTES, 96);
  const pair = await movingPair(stage, image, { [where]: { env: hold.env } });
  const proxy = await FollowingProxy.start(stage, pair, 'TCP');
  const writer = await Writer.attach(stage, pair, proxy);
  expect((await writer.write()).errno).toBe(0);
  await standing(pair);
  const id = await pair.source.api.startMigration(requestOf(pair));
  await hold.reached(pair.source.agent, id);
  const waiting = writer.write();
  await pair.destination.agent.kill();
  if (where === 'source') hold.release();
  return { pair, writer, waiting, id };
}

/** The connection that is made ahead stands, and is the only one. */
function standing({ destination }: MovingPair): Promise<unknown> {
  return until('a connection ahead of the switch', () => connectionsTo(destination.port) === 1);
}

async function moveWhileWriting({
  pair,
  writer,
}: {
  readonly pair: MovingPair;
  readonly writer: Writer;
}): Promise<void> {
  // A writer without a pause on a slow machine: the switch does not wait for a quiet moment.
  const moved = migrateCompletely(pair.source.api, requestOf(pair, { downtimeLimitMs: 5000 }));
  let isMoved = false;
  const noticed = moved.finally(() => {
    isMoved = true;
  });
  noticed.catch(() => undefined);
  while (!isMoved) expect((await writer.write()).errno).toBe(0);
  await noticed;
  expect((await writer.write()).errno).toBe(0);
  expect((await writer.readAll()).equals(writer.image)).toBe(true);
  expect(readFileSync(pair.destination.agent.imagePath(DISK)).equals(writer.image)).toBe(true);
}

describe('a destination that is killed with a connection of the proxy made ahead', () => {
  it('in the pause: the client goes on at the source, and moves by a new such connection later', async () => {
    const { pair, writer, waiting, id } = await destinationKilled('source.switchover.frozen');
    expect((await waiting).errno).toBe(0);
    await untilState(pair.source.api, id, 'failed');
    expect((await writer.readAll()).equals(writer.image)).toBe(true);
    await pair.destination.agent.start({});
    await standing(pair);
    expect((await writer.write()).errno).toBe(0);
    await moveWhileWriting({ pair, writer });
  });

  it('in the pause: a move that comes before there is a new such connection is followed as ever', async () => {
    const { pair, writer, waiting, id } = await destinationKilled('source.switchover.frozen');
    expect((await waiting).errno).toBe(0);
    await untilState(pair.source.api, id, 'failed');
    await pair.destination.agent.start({});
    expect(connectionsTo(pair.destination.port)).toBe(0);
    await moveWhileWriting({ pair, writer });
  });

  it.each(['source.switchover.after-seal', 'dest.before-owner'] as const)(
    'at %s: the client waits until the destination is back and gives up, and goes on at the source',
    async (point) => {
      const { pair, writer, waiting, id } = await destinationKilled(point);
      await untilState(pair.source.api, id, 'outcome-unknown');
      await pair.destination.agent.start({});
      expect((await waiting).errno).toBe(0);
      await untilState(pair.source.api, id, 'failed');
      expect((await writer.readAll()).equals(writer.image)).toBe(true);
      expect(await bytesWrittenTo(pair.destination.api)).toBe(0);
      await moveWhileWriting({ pair, writer });
    },
  );
});
