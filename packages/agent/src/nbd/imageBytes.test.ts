import { GateState, type LiveImage, RawFile } from '@godwit/image';
import { NbdErrno } from '@godwit/nbd';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ExportCounters } from './exportCounters.js';
import { ImageExport } from './imageExport.js';
import { BLOCK_BYTES, scratchImage } from './testing/scratchImage.js';

const SIZE = 256 * 1024;
const PLAIN = { fua: false, noHole: false, fastZero: false };
const here = { hasLeft: () => false };
const gone = { hasLeft: () => true };

let image: LiveImage;
let exported: ImageExport;
let counters: ExportCounters;
let open: ReturnType<ImageExport['open']>;
let bytes: typeof open.bytes;

beforeEach(() => {
  image = scratchImage('vm', SIZE);
  counters = new ExportCounters();
  exported = new ImageExport(image.handle(), counters);
  open = exported.open();
  onTestFinished(async () => {
    open.close();
    await exported.withdraw();
  });
  bytes = open.bytes;
});

/** Each call of the export, by what it asks of the gate. */
const CALLS = {
  read: () => bytes.read(0, Buffer.alloc(4), here),
  status: () => bytes.blockStatus('base:allocation', 0, SIZE, 9, here),
  cache: () => bytes.cache(0, 1, here),
  write: () => bytes.write(0, Buffer.from('w'), PLAIN, here),
  zero: () => bytes.writeZeroes(BLOCK_BYTES, 1, PLAIN, here),
  trim: () => bytes.trim(BLOCK_BYTES, 1, PLAIN, here),
  flush: () => bytes.flush(here),
} as const;
type Call = keyof typeof CALLS;
const READS: Call[] = ['read', 'status', 'cache'];
const CHANGES: Call[] = ['write', 'zero', 'trim'];

async function isPending(work: Promise<unknown>): Promise<boolean> {
  let pending = true;
  void work.then(() => (pending = false));
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
  return pending;
}

/** That each call ends so: `served`, with a code, or not at all. */
async function expectAll(calls: readonly Call[], outcome: string): Promise<void> {
  for (const call of calls) {
    const ended = Promise.resolve()
      .then<unknown>(() => CALLS[call]())
      .then(
        () => 'served',
        ({ code }: { code: string }) => code,
      );
    if (outcome === 'waits') expect(await isPending(ended), call).toBe(true);
    else expect(await ended, call).toBe(outcome);
  }
}

describe('the gate, as a client of NBD sees it', () => {
  it.each([
    ['open', 'served', 'served', 'served'],
    ['closed', 'served', 'waits', 'waits'],
    ['sealed', 'waits', 'waits', 'waits'],
    ['refusing', 'served', 'E_COLD', 'served'],
    ['moved', 'E_MOVED', 'E_MOVED', 'E_MOVED'],
  ] as const)('%s: reads %s, changes %s, flush %s', async (state, reads, changes, flush) => {
    const { gate } = image.maps;
    const set = { open: 'open', closed: 'close', sealed: 'seal', refusing: 'refuse', moved: 'move' } as const;
    gate[set[state]]();
    expect(gate.state).toBe(GateState[state]);
    await expectAll(READS, reads);
    await expectAll(CHANGES, changes);
    await expectAll(['flush'], flush);
    if (state === 'closed' || state === 'sealed') gate.move();
  });

  it('shows no hole whose bytes may have changed elsewhere', () => {
    image.maps.gate.seal();
    expect([bytes.nextData?.(7, 100), bytes.nextHole?.(7, 100)]).toEqual([7, 100]);
    image.maps.gate.move();
    expect([bytes.nextData?.(7, 100), bytes.nextHole?.(7, 100)]).toEqual([7, 100]);
  });

  it('lets a write that waited happen with the payload that it came with, and counts the time', async () => {
    image.maps.gate.close();
    const payload = Buffer.from('came');
    const waiting = bytes.write(0, payload, { ...PLAIN, fua: true }, here);
    payload.fill(0);
    image.maps.gate.open();
    await waiting;
    expect((await image.read(0, 4)).toString()).toBe('came');
    expect(image.maps.dirty.has(0)).toBe(true);
    expect(ExportCounters.sum([counters]).gateWaitMs).toBeGreaterThan(0);
  });

  it('lets nothing happen of a client that left meanwhile', async () => {
    image.maps.gate.close();
    const refused = { errno: NbdErrno.ESHUTDOWN };
    const calls = [
      bytes.write(0, Buffer.from('w'), PLAIN, gone),
      bytes.writeZeroes(0, 1, PLAIN, gone),
      bytes.trim(0, 1, PLAIN, gone),
    ].map((call) => expect(call).rejects.toMatchObject(refused));
    image.maps.gate.open();
    await Promise.all(calls);
    expect([(await image.read(0, 1))[0], image.maps.dirty.count()]).toEqual([1, 0]);
  });

  it('lets nothing wait any longer whose client has left, at a gate that stays shut', async () => {
    const other = exported.open();
    image.maps.gate.seal();
    const stays = other.bytes.read(0, Buffer.alloc(1), here);
    const refused = { errno: NbdErrno.ESHUTDOWN };
    const calls = Object.values(CALLS).map((call) => expect(call()).rejects.toMatchObject(refused));
    open.abandon?.();
    await Promise.all(calls);
    expect(await isPending(Promise.resolve(stays))).toBe(true);
    image.maps.gate.open();
    await stays;
    other.close();
    expect([(await image.read(0, 1))[0], image.maps.dirty.count()]).toEqual([1, 0]);
  });

  it('waits on when it is shut again before a request could enter', async () => {
    const { gate } = image.maps;
    gate.close();
    const waiting = bytes.write(0, Buffer.from('w'), PLAIN, here);
    gate.open();
    gate.close();
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    expect((await image.read(0, 1))[0]).toBe(1);
    gate.open();
    await waiting;
    expect((await image.read(0, 1)).toString()).toBe('w');
  });
});

describe('an export that is withdrawn', () => {
  it('tells its connections when the image has moved', async () => {
    const open = exported.open();
    image.maps.gate.move();
    await open.withdrawn;
    open.close();
    expect(() => exported.assertServed()).toThrow(expect.objectContaining({ code: 'E_MOVED' }));
  });

  it('tells of a file that could not be closed who withdraws it, and troubles nobody before', async () => {
    const one = new ImageExport(image.handle(), counters);
    const close = vi.spyOn(RawFile.prototype, 'close').mockRejectedValueOnce(new Error('EIO'));
    one.open().close();
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
    close.mockRestore();
    await expect(one.withdraw()).rejects.toThrow('EIO');
  });

  it('lets go of who waits, and of its file once nobody uses it', async () => {
    image.maps.gate.close();
    const one = new ImageExport(image.handle(), counters);
    const open = one.open();
    const waiting = expect(open.bytes.flush(here)).rejects.toMatchObject({ code: 'E_SHUTDOWN' });
    let isOver = false;
    const over = one.withdraw().then(() => (isOver = true));
    await waiting;
    expect(isOver).toBe(false);
    open.close();
    open.close();
    await over;
    expect(() => open.bytes.read(0, Buffer.alloc(1), here)).toThrow();
  });
});

it('zeroes as it is asked to, long ranges too', async () => {
  const long = scratchImage('long', 80 * 1024 * 1024);
  const open = new ImageExport(long.handle(), counters).open();
  await open.bytes.writeZeroes(0, long.size - 1, { ...PLAIN, fua: true }, here);
  open.close();
  expect((await long.read(0, long.size)).findIndex((byte) => byte !== 0)).toBe(long.size - 1);
  await bytes.write(0, Buffer.from('w'), PLAIN, here);
  await bytes.writeZeroes(0, BLOCK_BYTES, { fua: true, noHole: true, fastZero: false }, here);
  expect((await image.read(0, 1))[0]).toBe(0);
});

it.each(['writeZeroes', 'trim'] as const)(
  'ends a long %s when its client leaves, and leaves the gate',
  async (call) => {
    const long = scratchImage('long', 80 * 1024 * 1024);
    const open = new ImageExport(long.handle(), counters).open();
    let asked = 0;
    const leaves = { hasLeft: () => ++asked > 1 };
    const ended = open.bytes[call](0, long.size, PLAIN, leaves);
    await expect(ended).rejects.toMatchObject({ errno: NbdErrno.ESHUTDOWN });
    await long.freeze();
    open.close();
    expect([(await long.read(0, 1))[0], (await long.read(long.size - 1, 1))[0]]).toEqual([0, 1]);
    expect(long.maps.dirty.has(0)).toBe(true);
  },
);
