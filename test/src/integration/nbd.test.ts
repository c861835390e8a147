import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { until } from '../harness/condition.js';
import { Hold, type HoldPoint } from '../harness/hold.js';
import { makeEmptyImage } from '../harness/imageFiles.js';
import { migrateCompletely, untilState } from '../harness/moving.js';
import { DISK, type Pair, pairOf } from '../harness/pair.js';
import type { Stage } from '../harness/stage.js';
import { stageForTest } from '../harness/testStage.js';
import { RawClient } from '../interop/rawClient.js';
import { COMMAND, clientFlags, goOption, request } from '../interop/wire.js';

const SIZE_BYTES = 4 * 1024 * 1024;
const BLOCK_BYTES = 64 * 1024;
const ESHUTDOWN = 108;
const GREETING_BYTES = 18;
const SHUTTING_DOWN = 2 ** 31 + 7;
const make = (path: string): void => makeEmptyImage(path, SIZE_BYTES);

interface NbdPair extends Pair {
  readonly here: { readonly path: string };
  readonly there: { readonly path: string };
}

/** Both agents with NBD on unix sockets. */
async function nbdPair(stage: Stage, env: Readonly<Record<string, string>> = {}, destEnv = {}): Promise<NbdPair> {
  const [here, there] = [{ path: stage.path('here.sock') }, { path: stage.path('there.sock') }];
  const pair = await pairOf(stage, make, {
    source: { args: ['--nbd-unix', here.path], env },
    destination: { args: ['--nbd-unix', there.path], env: destEnv },
  });
  return { ...pair, here, there };
}

/** A pair whose migration is held at `point`, with a client that came before. */
async function heldAt(stage: Stage, point: HoldPoint) {
  const hold = new Hold(stage, point);
  const pair = await nbdPair(stage, hold.env);
  const client = await RawClient.attach(stage, pair.here, DISK);
  await client.call({ command: COMMAND.write, offset: 0, payload: Buffer.from('before') });
  const id = await pair.source.api.startMigration({ images: [DISK], destination: pair.destination.address });
  await hold.reached(pair.source, id);
  return { ...pair, hold, client, id };
}

const write = (cookie: number, offset: number, text: string): Buffer =>
  request({ command: COMMAND.write, cookie, offset, payload: Buffer.from(text) });
const read = (cookie: number, offset: number, length: number): Buffer =>
  request({ command: COMMAND.read, cookie, offset, length });

/** Waits until the agent has ended the connection; a client hears that by reading. */
async function left(client: RawClient): Promise<void> {
  client.socket.resume();
  await client.ended;
}

/** How often a process has a file open. */
function descriptorsOf(pid: number, path: string): number {
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      // Closed meanwhile: the descriptor that listed the folder is.
      return '';
    }
  });
  return links.filter((link) => link === path).length;
}

/** The type of the answer to GO on a new connection. */
async function answerToGo(stage: Stage, place: { readonly path: string }, name: string): Promise<number> {
  const client = await RawClient.connect(stage, place);
  await client.read(GREETING_BYTES);
  client.send(clientFlags(), goOption(name));
  return (await client.optionReply()).reply;
}

describe('an image that is written by NBD', () => {
  it.each([{}, { GODWIT_NO_NATIVE: '1' }])('is tracked, travels, and is served there (%j)', async (env) => {
    const stage = stageForTest();
    const { source, destination, path, here, there } = await nbdPair(stage, env, env);
    const client = await RawClient.attach(stage, here, DISK);
    const model = Buffer.alloc(SIZE_BYTES);
    const done = async (fields: Parameters<typeof request>[0]) => {
      expect((await client.call(fields)).errno).toBe(0);
    };
    await done({ command: COMMAND.write, offset: BLOCK_BYTES - 1, payload: Buffer.from('ab') });
    await done({ command: COMMAND.write, offset: 5 * BLOCK_BYTES, payload: Buffer.alloc(BLOCK_BYTES, 7) });
    await done({ command: COMMAND.writeZeroes, offset: 5 * BLOCK_BYTES + 1, length: 10 });
    await done({ command: COMMAND.trim, offset: 9 * BLOCK_BYTES, length: BLOCK_BYTES });
    await done({ command: COMMAND.flush });
    model.write('ab', BLOCK_BYTES - 1);
    model.fill(7, 5 * BLOCK_BYTES, 6 * BLOCK_BYTES).fill(0, 5 * BLOCK_BYTES + 1, 5 * BLOCK_BYTES + 11);
    expect((await source.api.image(DISK)).dirtyBlocks).toBe(4);
    expect(readFileSync(path).equals(model)).toBe(true);
    const metrics = await source.api.metrics();
    expect(metrics).toContain(`godwit_image_writes_total{image="${DISK}",role="source"} 4\n`);
    expect(metrics).toContain(`godwit_nbd_connections{export="${DISK}",role="source"} 1\n`);

    await migrateCompletely(source.api, { images: [DISK], destination: destination.address });
    const after = await RawClient.attach(stage, there, DISK);
    expect((await after.call({ command: COMMAND.read, length: SIZE_BYTES })).data.equals(model)).toBe(true);
    expect((await after.call({ command: COMMAND.write, offset: 0, payload: Buffer.from('!') })).errno).toBe(0);
    expect((await destination.api.image(DISK)).dirtyBlocks).toBe(1);
    await left(client);
    expect(await answerToGo(stage, here, DISK)).toBe(SHUTTING_DOWN);
  });

  it('is let go when it is closed, and served again when it is opened', async () => {
    const stage = stageForTest();
    const { source, path, here } = await nbdPair(stage);
    const client = await RawClient.attach(stage, here, DISK);
    expect(descriptorsOf(source.pid, path)).toBe(2);
    await source.api.closeImage(DISK);
    await left(client);
    expect(await answerToGo(stage, here, DISK)).not.toBe(SHUTTING_DOWN);
    expect(descriptorsOf(source.pid, path)).toBe(0);
    await source.api.openImage(DISK, path);
    const again = await RawClient.attach(stage, here, DISK);
    expect((await again.call({ command: COMMAND.read, length: 1 })).errno).toBe(0);
    await source.api.closeImage(DISK);
    await left(again);
    expect(descriptorsOf(source.pid, path)).toBe(0);
  });
});

describe('a client of NBD at the switch', () => {
  it('reads while its writes wait, and goes on when it is cancelled', async () => {
    const stage = stageForTest();
    const { source, client, id } = await heldAt(stage, 'source.switchover.frozen');
    client.send(write(2, 0, 'waited'), read(3, 0, 6));
    expect(await client.reply(6)).toMatchObject({ cookie: 3, errno: 0, data: Buffer.from('before') });
    await source.api.cancel(id);
    expect(await client.reply()).toMatchObject({ cookie: 2, errno: 0 });
    expect((await client.call({ command: COMMAND.read, length: 6 })).data.toString()).toBe('waited');
    await untilState(source.api, id, 'cancelled');
    expect(await source.api.metrics()).toMatch(/godwit_nbd_gate_wait_seconds_total\{[^}]*\} 0?\.?\d*[1-9]/);
  });

  it('is told ESHUTDOWN for all that waited, reads too, once the destination owns', async () => {
    const stage = stageForTest();
    const { source, destination, client, id, hold, here, there } = await heldAt(stage, 'source.switchover.after-seal');
    client.send(write(2, 0, 'waited'), read(3, 0, 6), request({ command: COMMAND.flush, cookie: 4 }));
    // Neither is answered before it is known who owns: what they are answered tells.
    hold.release();
    const replies = [await client.reply(), await client.reply(), await client.reply()];
    expect(replies.map(({ errno }) => errno)).toEqual([ESHUTDOWN, ESHUTDOWN, ESHUTDOWN]);
    await left(client);
    // The moment that the source says so, the export is there.
    const after = await RawClient.attach(stage, there, DISK);
    expect((await after.call({ command: COMMAND.read, length: 6 })).data.toString()).toBe('before');
    expect(await answerToGo(stage, here, DISK)).toBe(SHUTTING_DOWN);
    await untilState(source.api, id, 'completed');
    expect(readFileSync(destination.imagePath(DISK)).subarray(0, 6).toString()).toBe('before');
  });

  it('goes on here, reads too, when the destination gave up after the seal', async () => {
    const stage = stageForTest();
    const { source, destination, client, id, hold } = await heldAt(stage, 'source.switchover.after-seal');
    await destination.kill();
    client.send(write(2, 0, 'waited'), read(3, BLOCK_BYTES, 6));
    hold.release();
    await untilState(source.api, id, 'outcome-unknown');
    expect(client.socket.readableLength).toBe(0);
    await destination.start({});
    await untilState(source.api, id, 'failed');
    const replies = [await client.reply(6), await client.reply()];
    expect(replies.map(({ errno }) => errno)).toEqual([0, 0]);
  });

  it('that was killed leaves no write behind when the gate opens again', async () => {
    const stage = stageForTest();
    const { source, client, id, here } = await heldAt(stage, 'source.switchover.frozen');
    // More than one connection may have in flight: the last ones are not even read.
    const requests = Array.from({ length: 400 }, (_, index) => write(index, index * 512, 'late'));
    await client.sent(Buffer.concat(requests));
    client.cut();
    const other = await RawClient.attach(stage, here, DISK);
    const waiting = other.call({ command: COMMAND.write, offset: 0, payload: Buffer.from('newer') });
    await source.api.cancel(id);
    expect((await waiting).errno).toBe(0);
    await until('the killed client to be gone', async () =>
      (await source.api.metrics()).includes(`godwit_nbd_connections{export="${DISK}",role="source"} 1\n`),
    );
    const expected = Buffer.alloc(400 * 512);
    expected.write('newere');
    expect((await other.call({ command: COMMAND.read, length: expected.length })).data.equals(expected)).toBe(true);
  });

  it('waits after a restart that finds the image sealed', async () => {
    const stage = stageForTest();
    const { source, destination, here } = await heldAt(stage, 'source.switchover.after-seal');
    await destination.kill();
    await source.kill();
    await source.start({});
    const client = await RawClient.attach(stage, here, DISK);
    client.send(read(2, 0, 6));
    await destination.start({});
    expect(await client.reply(6)).toMatchObject({ errno: 0, data: Buffer.from('before') });
    expect((await source.api.image(DISK)).owner.role).toBe('owner');
  });
});

describe('an agent that serves NBD', () => {
  it('lets its clients go when it ends, and takes its socket away', async () => {
    const stage = stageForTest();
    const { source, here } = await nbdPair(stage);
    const clients = await Promise.all([1, 2, 3].map(() => RawClient.attach(stage, here, DISK)));
    expect((await source.stop()).code).toBe(0);
    await Promise.all(clients.map(left));
    expect(existsSync(here.path)).toBe(false);
  });

  it('finds a free port, and says where it listens', async () => {
    const stage = stageForTest();
    const path = stage.path('disk.raw');
    writeFileSync(path, Buffer.alloc(4096));
    const source = await stage.source({ images: { [DISK]: path }, args: ['--nbd', '127.0.0.1:0'] });
    const port = Number(/NBD on nbd:\/\/127\.0\.0\.1:(\d+)\//.exec(source.output)?.[1]);
    const client = await RawClient.attach(stage, { port }, DISK);
    expect((await client.call({ command: COMMAND.read, length: 4096 })).errno).toBe(0);
  });
});
