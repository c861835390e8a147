import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { EventLog } from '../migrations/eventLog.js';
import { streamEvents } from './eventStream.js';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** Serves `log` and connects one reader, which does not read before it is told to. */
async function connect(log: EventLog, heartbeatMs?: number): Promise<IncomingMessage> {
  const listening = createServer((_request, response) => streamEvents(response, log, 0, heartbeatMs));
  server = listening;
  await new Promise<void>((resolve) => {
    listening.listen(0, '127.0.0.1', resolve);
  });
  const address = listening.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return new Promise((resolve, reject) => {
    get({ port, host: '127.0.0.1' }, resolve).on('error', reject);
  });
}

async function readAll(reader: IncomingMessage): Promise<string> {
  let text = '';
  reader.setEncoding('utf8');
  for await (const chunk of reader) text += String(chunk);
  return text;
}

const idsOf = (text: string) => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));

describe('streamEvents', () => {
  it('lets a reader that stalls catch up from the log: nothing twice, nothing out of order', async () => {
    const log = new EventLog();
    const reader = await connect(log);
    // Far more than socket buffers hold, so that the stream meets a full one again and again.
    for (let round = 1; round <= 400; round += 1) {
      log.append('round', { round, filler: 'x'.repeat(50_000) });
      if (round % 50 === 0) await sleep(1);
    }
    log.append('state', { state: 'completed' });
    log.end();
    const ids = idsOf(await readAll(reader));
    expect(ids).toEqual(Array.from({ length: 401 }, (_, index) => index + 1));
  });

  it('skips what a stalled reader could not get any more, and still delivers the end', async () => {
    const log = new EventLog(10);
    const reader = await connect(log);
    for (let round = 1; round <= 400; round += 1) log.append('round', { round, filler: 'x'.repeat(50_000) });
    log.append('state', { state: 'failed' });
    log.end();
    const ids = idsOf(await readAll(reader));
    expect(ids.length).toBeLessThan(401);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(ids.at(-1)).toBe(401);
  });

  it('sends a sign of life when nothing happens', async () => {
    const log = new EventLog();
    const reader = await connect(log, 10);
    setTimeout(() => log.end(), 100);
    expect(await readAll(reader)).toContain('\n\n: alive\n\n');
  });

  it('holds one subscription however often it stalls, and none when the reader has left', async () => {
    const log = new EventLog();
    const live = countSubscriptions(log);
    for (let round = 1; round <= 200; round += 1) log.append('round', { round, filler: 'x'.repeat(50_000) });
    const reader = await connect(log);
    let receivedBytes = 0;
    reader.on('data', (chunk: Buffer) => {
      receivedBytes += chunk.length;
    });
    await until(() => receivedBytes > 200 * 50_000);
    await until(() => live.size === 1);
    reader.destroy();
    await until(() => live.size === 0);
  });
});

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 300 && !condition(); tries += 1) await sleep(10);
  expect(condition()).toBe(true);
}

/** The subscriptions to `log` that nobody has ended. */
function countSubscriptions(log: EventLog): Set<symbol> {
  const live = new Set<symbol>();
  const subscribe = log.subscribe.bind(log);
  log.subscribe = (afterId, listener) => {
    const subscription = Symbol('subscription');
    live.add(subscription);
    const unsubscribe = subscribe(afterId, listener);
    return () => {
      live.delete(subscription);
      unsubscribe();
    };
  };
  return live;
}
