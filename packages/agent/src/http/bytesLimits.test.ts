/** The bounds on bodies, over real connections: what waits, what is refused, what a lost client leaves. */
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Api } from './api.js';
import type { BodyRoom } from './bodyRoom.js';
import { registerBytesRoutes } from './bytesRoutes.js';
import { IncomingBytes, MAX_BYTES_PER_CALL } from './incomingBytes.js';
import { bareApi, MemoryImage, MemoryImages, open } from './testAgent.js';

const MIB = 1024 * 1024;
const ROOM_BYTES = 2 * MIB;
const IDLE_MS = 300;

let app: Api;
let url: string;
let store: MemoryImages;
let room: BodyRoom;
let image: MemoryImage;
let openGate: () => void;

beforeEach(async () => {
  store = new MemoryImages();
  image = new MemoryImage(MAX_BYTES_PER_CALL);
  store.images.set('vm', image);
  const incoming = new IncomingBytes(ROOM_BYTES, IDLE_MS);
  room = incoming.room('vm');
  ({ app } = await bareApi());
  registerBytesRoutes(app, store, incoming);
  url = `${await open(app)}/v1/images/vm/bytes`;
});
afterEach(() => app.close());

function closeGate(): void {
  image.gate = new Promise((resolve) => {
    openGate = resolve;
  });
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !condition(); tries += 1) await sleep(10);
  expect(condition()).toBe(true);
}

const put = (offset: number, body: Uint8Array<ArrayBuffer>) =>
  fetch(`${url}?offset=${offset}`, { method: 'PUT', body });

/** A PUT that announces `length` bytes (chunked when undefined) and sends what the test tells it to. */
function startPut(length: number | undefined) {
  const headers = length === undefined ? { 'transfer-encoding': 'chunked' } : { 'content-length': length };
  const sending = request(url, { method: 'PUT', headers });
  const answered = new Promise<number | string>((resolve) => {
    sending.on('response', (response) => resolve(response.resume().statusCode ?? 0));
    sending.on('error', (error) => resolve(error.message));
  });
  sending.flushHeaders();
  return { sending, answered };
}

describe('bodies that wait at a closed gate', () => {
  it('fill the room; those that follow wait outside, and all are written when it opens', async () => {
    closeGate();
    const answers = [0, 1, 2, 3, 4].map((index) => put(index * MIB, new Uint8Array(MIB).fill(index + 1)));
    await until(() => image.waitingWrites === 2 && room.waiting === 3);
    expect(room.usedBytes).toBe(ROOM_BYTES);
    openGate();
    expect((await Promise.all(answers)).map((answer) => answer.status)).toEqual([204, 204, 204, 204, 204]);
    expect([0, 1, 2, 3, 4].map((index) => image.content[index * MIB + 7])).toEqual([1, 2, 3, 4, 5]);
    await until(() => room.usedBytes === 0);
  });

  it('hold up no write to another image, however long it takes', async () => {
    const other = new MemoryImage(MIB);
    store.images.set('other', other);
    closeGate();
    const answers = [0, 1, 2].map((index) => put(index * MIB, new Uint8Array(MIB).fill(1)));
    await until(() => image.waitingWrites === 2 && room.waiting === 1);
    const answer = await fetch(url.replace('/vm/', '/other/'), { method: 'PUT', body: new Uint8Array(MIB).fill(2) });
    expect([answer.status, other.content[0], room.waiting]).toEqual([204, 2, 1]);
    openGate();
    await Promise.all(answers);
  });

  it('keep their room when the client goes away, because they are still in memory', async () => {
    closeGate();
    const { sending, answered } = startPut(MIB);
    sending.end(Buffer.alloc(MIB, 9));
    await until(() => image.waitingWrites === 1);
    sending.destroy();
    await answered;
    await sleep(50);
    expect(room.usedBytes).toBe(MIB);
    openGate();
    await until(() => room.usedBytes === 0);
  });
});

describe('bodies on their way', () => {
  it('give their room back when the client goes away', async () => {
    const { sending, answered } = startPut(MIB);
    sending.write(Buffer.alloc(1000));
    await until(() => room.usedBytes === MIB);
    sending.destroy();
    await answered;
    await until(() => room.usedBytes === 0);
  });

  it('leave the line when the client goes away', async () => {
    closeGate();
    const first = put(0, new Uint8Array(2 * MIB));
    await until(() => image.waitingWrites === 1);
    const { sending, answered } = startPut(MIB);
    await until(() => room.waiting === 1);
    sending.destroy();
    await answered;
    await until(() => room.waiting === 0);
    openGate();
    expect((await first).status).toBe(204);
  });

  it('are cut off when nothing comes for a while', async () => {
    const { sending, answered } = startPut(MIB);
    sending.write(Buffer.alloc(1000));
    expect(await answered).toBe('socket hang up');
    await until(() => room.usedBytes === 0);
  });

  it('of unknown length count as the largest', async () => {
    const { sending, answered } = startPut(undefined);
    sending.write('unknown ');
    await until(() => room.usedBytes === ROOM_BYTES);
    sending.end('length');
    expect(await answered).toBe(204);
    expect(image.content.toString('latin1', 0, 14)).toBe('unknown length');
  });
});

describe('bodies that are too large', () => {
  it('are refused by what they announce, and the connection answers', async () => {
    const answer = await put(0, new Uint8Array(MAX_BYTES_PER_CALL + 1));
    expect([answer.status, await answer.json()]).toMatchObject([413, { code: 'E_TOO_LARGE' }]);
    expect(room.usedBytes).toBe(0);
  });

  it('are refused where they pass the limit when they announced nothing', async () => {
    const { sending, answered } = startPut(undefined);
    for (let sent = 0; sent <= MAX_BYTES_PER_CALL; sent += MIB) sending.write(Buffer.alloc(MIB, 1));
    // Answered while the body is still being sent, on a connection that is still open.
    expect(await answered).toBe(413);
    sending.destroy();
    expect(image.dirtied).toEqual([]);
    await until(() => room.usedBytes === 0);
  });

  it('of exactly the limit are taken', async () => {
    expect((await put(0, new Uint8Array(MAX_BYTES_PER_CALL).fill(3))).status).toBe(204);
    expect(image.content.equals(Buffer.alloc(MAX_BYTES_PER_CALL, 3))).toBe(true);
  });
});
