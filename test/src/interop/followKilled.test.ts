import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Hold } from '../harness/hold.js';
import { makeRandomImage } from '../harness/imageFiles.js';
import { untilState } from '../harness/moving.js';
import { DISK } from '../harness/pair.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { FollowingProxy, type MovingPair, movingPair, requestOf } from './movingPair.js';
import type { Transport } from './nbdServer.js';
import { RawClient } from './rawClient.js';
import { COMMAND, request } from './wire.js';

const SIZE_BYTES = 4 * 1024 * 1024;
const WRITE_BYTES = 512;
/** More than one connection may have in flight: the last are not even read before the gate opens. */
const WRITES = 400;
const LATE = Buffer.alloc(WRITE_BYTES, 'late');

interface Held {
  readonly pair: MovingPair;
  readonly proxy: FollowingProxy;
  readonly hold: Hold;
  readonly id: string;
}

/** A move that is held with the gate closed; a client of the proxy has written, waits, and is killed. */
async function killedInThePause(stage: Stage, transport: Transport): Promise<Held> {
  const hold = new Hold(stage, 'source.switchover.frozen');
  const image = (path: string): void => makeRandomImage(path, SIZE_BYTES, 95);
  const pair = await movingPair(stage, image, { source: { env: hold.env } });
  const proxy = await FollowingProxy.start(stage, pair, transport);
  const client = await RawClient.attach(stage, proxy.place, DISK);
  const id = await pair.source.api.startMigration(requestOf(pair));
  await hold.reached(pair.source.agent, id);
  const writes = Array.from({ length: WRITES }, (_, cookie) =>
    request({ command: COMMAND.write, cookie, offset: cookie * WRITE_BYTES, payload: LATE }),
  );
  // Reads are served in the pause: the answer says that what was sent before it has come to the source.
  client.send(...writes.slice(0, 8), request({ command: COMMAND.read, cookie: WRITES, length: 512 }));
  expect(await client.reply(512)).toMatchObject({ cookie: WRITES, errno: 0 });
  await client.sent(Buffer.concat(writes.slice(8)));
  client.cut();
  await client.ended;
  return { pair, proxy, hold, id };
}

describe.each(['TCP', 'unix'] as const)('a client of the proxy over %s that is killed in the pause', (transport) => {
  it('leaves no write behind when the move is cancelled', async () => {
    const stage = stageForTest();
    const { pair, proxy, id } = await killedInThePause(stage, transport);
    const before = readFileSync(pair.path);
    // Whoever started anew writes where the old one wrote, and waits like it.
    const other = await RawClient.attach(stage, proxy.place, DISK);
    const waiting = other.call({ command: COMMAND.write, payload: Buffer.from('newer') });
    await pair.source.api.cancel(id);
    await untilState(pair.source.api, id, 'cancelled');
    expect((await waiting).errno).toBe(0);
    before.write('newer');
    const { data } = await other.call({ command: COMMAND.read, length: SIZE_BYTES });
    expect(data.equals(before)).toBe(true);
  });

  it('leaves no write behind when the move is completed', async () => {
    const stage = stageForTest();
    const { pair, proxy, hold, id } = await killedInThePause(stage, transport);
    const before = readFileSync(pair.path);
    hold.release();
    await untilState(pair.source.api, id, 'completed');
    const other = await RawClient.attach(stage, proxy.place, DISK);
    const { data } = await other.call({ command: COMMAND.read, length: SIZE_BYTES });
    expect(data.equals(before)).toBe(true);
    expect(readFileSync(pair.path).equals(before)).toBe(true);
  });
});
