import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { BroadcastChannel, type Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isPending } from './testing/polledPair.js';
import { REHEARSALS } from './testing/rehearsals.js';
import type { SessionOrder } from './testing/sessionThread.js';
import { until } from './testing/wire.js';
import { ThreadStock } from './threadStock.js';

const SCRIPT = new URL('./testing/sessionThread.js', import.meta.url);
const SIZE = 1;
const taken: Worker[] = [];
const stocks: ThreadStock[] = [];
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(stocks.splice(0).map((stock) => stock.drop()));
  await Promise.all(taken.splice(0).map((worker) => worker.terminate()));
});

function stockOf(isKept = true, size = SIZE): ThreadStock {
  const stock = new ThreadStock(SCRIPT, 'test', size);
  stocks.push(stock);
  if (isKept) stock.keep();
  return stock;
}

interface Owner {
  readonly worker: Worker;
  readonly heard: string[];
  readonly errors: Error[];
  readonly exits: number[];
}

/** Takes a thread, and listens to it as owners do. */
function take(stock: ThreadStock, order: SessionOrder): Owner {
  const worker = stock.take(order);
  taken.push(worker);
  const owner: Owner = { worker, heard: [], errors: [], exits: [] };
  worker.on('message', (message: unknown) => {
    if (typeof message === 'string') owner.heard.push(message);
  });
  worker.on('error', (error: Error) => owner.errors.push(error));
  worker.on('exit', (code) => owner.exits.push(code));
  return owner;
}

/** A session that has begun and answered. */
async function running(stock: ThreadStock, order: SessionOrder): Promise<Owner> {
  const owner = take(stock, order);
  owner.worker.postMessage('hello');
  await until('an answer', () => owner.heard.includes(`${order.name} hears hello`));
  return owner;
}

const threadsOfThisProcess = () => readdirSync('/proc/self/task').length;
const hasEnded = ({ worker }: Owner) => worker.threadId === -1;
const listeners = ({ worker }: Owner) => ['message', 'error'].map((event) => worker.listenerCount(event));

describe('a thread that is given back', () => {
  it('serves one owner after the other, and the old ones hear nothing more', async () => {
    const stock = stockOf();
    const first = await running(stock, { name: 'first' });
    await stock.giveBack(first.worker);
    const second = await running(stock, { name: 'second' });
    expect(second.worker).toBe(first.worker);
    expect(first.heard).toEqual(['first begins', 'first hears hello', 'first ends']);
    await stock.giveBack(second.worker);
    const third = await running(stock, { name: 'third' });
    expect(third.worker).toBe(first.worker);
    expect(listeners(third)).toEqual([1, 1]);
    expect(second.heard).toEqual(['second begins', 'second hears hello', 'second ends']);
    await third.worker.terminate();
    expect([first.exits, second.exits, third.exits]).toEqual([[], [], [1]]);
  });

  it('rests when it has begun, not before, and lets go of what it began', async () => {
    const stock = stockOf();
    const gate = new SharedArrayBuffer(4);
    const first = take(stock, { name: 'first', gate });
    await until('its beginning', () => first.heard.length > 0);
    const given = stock.giveBack(first.worker);
    expect(await isPending(given)).toBe(true);
    Atomics.store(new Int32Array(gate), 0, 1);
    await given;
    expect(first.heard).toEqual(['first begins', 'first ends']);
    const second = await running(stock, { name: 'second' });
    expect(second.worker).toBe(first.worker);
  });

  it('rests at once when its session could not begin', async () => {
    const stock = stockOf();
    const first = take(stock, { name: 'first', begin: 'none' });
    first.worker.postMessage('for nobody');
    await stock.giveBack(first.worker);
    const second = await running(stock, { name: 'second' });
    expect(second.worker).toBe(first.worker);
    expect(first.heard).toEqual(['first begins']);
  });

  it('is kept in the place of an older one, so that the stock does not grow', async () => {
    const stock = stockOf();
    const owners = await Promise.all(['a', 'b', 'c', 'd'].map((name) => running(stock, { name })));
    for (const { worker } of owners) await stock.giveBack(worker);
    expect(owners.map(hasEnded)).toEqual([true, true, true, false]);
    stock.refill();
    const again = await Promise.all(['e', 'f', 'g'].map((name) => running(stock, { name })));
    const isOld = ({ worker }: Owner) => owners.some((owner) => owner.worker === worker);
    expect(again.map(isOld)).toEqual([true, false, false]);
  });

  it('is taken before one that has not worked', async () => {
    const stock = stockOf(true, 2);
    const first = await running(stock, { name: 'first' });
    await stock.giveBack(first.worker);
    const other = await running(stock, { name: 'other' });
    expect(other.worker).toBe(first.worker);
  });

  it('was not missing while it worked: no other is started for it', async () => {
    const stock = stockOf();
    const first = await running(stock, { name: 'first' });
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const before = threadsOfThisProcess();
    stock.refill();
    vi.advanceTimersByTime(60_000);
    expect(threadsOfThisProcess()).toBe(before);
    vi.useRealTimers();
    await first.worker.terminate();
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    stock.refill();
    vi.advanceTimersByTime(60_000);
    expect(threadsOfThisProcess()).toBe(before);
    vi.useRealTimers();
  });

  it('is ended when no threads are kept, or no more', async () => {
    const never = stockOf(false);
    const first = await running(never, { name: 'first' });
    await never.giveBack(first.worker);
    expect(hasEnded(first)).toBe(true);
    const stock = stockOf();
    const [one, other] = [await running(stock, { name: 'one' }), await running(stock, { name: 'other' })];
    await stock.giveBack(one.worker);
    await stock.drop();
    await stock.giveBack(other.worker);
    expect([one, other].map(hasEnded)).toEqual([true, true]);
  });
});

describe('a thread that rehearses', () => {
  const SPARE = new URL('./testing/rehearsingThread.js', import.meta.url);

  /** What its owners hear, one after the other. */
  async function heardBy(stock: ThreadStock, names: readonly string[]): Promise<unknown[]> {
    const heard: unknown[] = [];
    for (const name of names) {
      const worker = stock.take(name);
      taken.push(worker);
      worker.on('message', (message: unknown) => heard.push(message));
      await until('a beginning', () => heard.includes(`${name} begins`));
      await stock.giveBack(worker);
    }
    return heard;
  }

  it('ends that before it begins, whatever it came to, and does not begin it again', async () => {
    const stock = new ThreadStock(SPARE, 'test', SIZE);
    stocks.push(stock);
    const rehearsals = new BroadcastChannel(REHEARSALS);
    const begun = once(rehearsals, 'message');
    stock.keep();
    await begun;
    rehearsals.close();
    expect(await heardBy(stock, ['first', 'second'])).toEqual([
      'rehearsal ends',
      'first begins',
      { type: 'resting' },
      'second begins',
      { type: 'resting' },
    ]);
  });

  it('does not when it was started for somebody', async () => {
    const stock = new ThreadStock(SPARE, 'test', SIZE);
    stocks.push(stock);
    expect(await heardBy(stock, ['first'])).toEqual(['first begins', { type: 'resting' }]);
  });
});

it('makes none ahead unless it is to, and keeps those that come back', async () => {
  const before = threadsOfThisProcess();
  const stock = stockOf(false);
  stock.keep({ ahead: false });
  expect(threadsOfThisProcess()).toBe(before);
  const first = await running(stock, { name: 'first' });
  await stock.giveBack(first.worker);
  const second = await running(stock, { name: 'second' });
  expect(second.worker).toBe(first.worker);
});

describe('a thread that cannot rest', () => {
  it.each<[string, Omit<SessionOrder, 'name'>]>([
    ['cannot be sure that nothing runs on', { end: 'unsure' }],
    ['fails in its end', { end: 'throws' }],
    ['failed in its beginning', { begin: 'throws' }],
    ['never begins', { gate: new SharedArrayBuffer(4) }],
    ['stands still', { begin: 'hangs' }],
  ])('because it %s is ended, and another is taken', async (_, order) => {
    const stock = stockOf();
    const first = take(stock, { name: 'first', ...order });
    await until('its beginning', () => first.heard.length > 0);
    await stock.giveBack(first.worker);
    expect(hasEnded(first)).toBe(true);
    expect(first.errors.length).toBe(order.end === 'throws' || order.begin === 'throws' ? 1 : 0);
    const second = await running(stock, { name: 'second' });
    expect(second.worker).not.toBe(first.worker);
  });

  it('because it has ended already is not waited for', async () => {
    const stock = stockOf();
    const first = await running(stock, { name: 'first' });
    await first.worker.terminate();
    await stock.giveBack(first.worker);
    expect(first.exits).toEqual([1]);
    const dying = await running(stock, { name: 'dying' });
    const gone = once(dying.worker, 'exit');
    void dying.worker.terminate();
    await Promise.all([stock.giveBack(dying.worker), gone]);
    const second = await running(stock, { name: 'second' });
    expect([first.worker, dying.worker]).not.toContain(second.worker);
  });
});

describe('a spare thread', () => {
  it('that ends is offered to nobody', async () => {
    const stock = stockOf();
    const first = await running(stock, { name: 'first' });
    await stock.giveBack(first.worker);
    await first.worker.terminate();
    const second = await running(stock, { name: 'second' });
    expect(second.worker).not.toBe(first.worker);
  });
});
