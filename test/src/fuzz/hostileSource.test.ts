import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Encoding, encodeFrame, LIMITS } from '../../../packages/protocol/dist/index.js';
import { forgeBytes } from '../../../packages/protocol/dist/testing/forge.js';
import { until } from '../harness/condition.js';
import { type AgentUnderTest, descriptors, destinationUnderTest } from './agents.js';
import { BLOCK_BYTES, HostileSource, SIZE_BYTES } from './hostileSource.js';

const MEBIBYTE = 1024 * 1024;
let under: AgentUnderTest;
let count = 0;
beforeAll(async () => {
  under = await destinationUnderTest();
});
afterAll(() => under.close());

function newSource(): HostileSource {
  count += 1;
  return new HostileSource(under.agent.listenPort ?? 0, `named${count}`);
}

async function receiving(): Promise<HostileSource> {
  const source = newSource();
  await source.connect();
  await source.offer();
  await source.openLane();
  return source;
}

const pathOf = ({ name }: HostileSource) => under.place.path('images', `${name}.img`);

/** The destination names what was wrong, and nothing is left of the migration. */
async function expectRefused(source: HostileSource, code: string): Promise<void> {
  await until(`the refusal ${code}`, async () => source.refusals().includes(code) || undefined);
  source.close();
  expect(await source.outcome()).toMatch(/^(aborted|unknown)$/);
  expect(existsSync(pathOf(source))).toBe(false);
  under.place.assertInOrder();
}

describe('a source that lies on a lane', () => {
  const lies: readonly (readonly [string, string, (source: HostileSource) => void])[] = [
    ['an extent past the end', 'E_PROTOCOL', (source) => source.extent(SIZE_BYTES)],
    ['an extent at 2^52', 'E_PROTOCOL', (source) => source.extent(2 ** 52)],
    ['an extent that begins within a block', 'E_PROTOCOL', (source) => source.extent(4096)],
    ['an extent of an image that was not offered', 'E_PROTOCOL', (source) => source.extent(0, { image: 1 })],
    ['a frame twice', 'E_PROTOCOL', (source) => [source.extent(0), source.extent(0, {}, undefined, 0)]],
    ['a frame too far ahead', 'E_PROTOCOL', (source) => source.extent(0, {}, undefined, 3)],
    [
      'a round that runs backwards',
      'E_PROTOCOL',
      (source) => [source.extent(0, { round: 5 }), source.zero(0, BLOCK_BYTES, { round: 4 })],
    ],
    ['zeros past the end', 'E_PROTOCOL', (source) => source.zero(0, LIMITS.zeroRangeBytes)],
    ['more digests than blocks', 'E_PROTOCOL', (source) => source.check(0, BLOCK_BYTES, 2)],
    ['a header of 65,535 bytes', 'E_DAMAGED', (source) => source.raw('lane', Buffer.from('2800ffff00000000', 'hex'))],
    ['a payload of 4 GiB', 'E_DAMAGED', (source) => source.raw('lane', Buffer.from('28000010ffffffff', 'hex'))],
    ['what belongs on the control channel', 'E_PROTOCOL', (source) => source.raw('lane', encodeFrame('Cancelled', {}))],
    ['raw bytes of another length', 'E_PROTOCOL', (source) => source.extent(0, { rawBytes: 4096 })],
    ['an encoding that there is not', 'E_PROTOCOL', (source) => source.extent(0, { encoding: 9 })],
  ];
  for (const [what, code, lie] of lies) {
    it(`by ${what} is told so: ${code}`, async () => {
      const source = await receiving();
      lie(source);
      await expectRefused(source, code);
    });
  }

  it('by the size of what lz4 becomes gets a NACK each time, and no memory', async () => {
    const source = await receiving();
    source.lie(BLOCK_BYTES, BLOCK_BYTES);
    await source.lane?.next('Nack');
    const before = process.memoryUsage().rss;
    for (let lie = 0; lie < 500; lie++) source.lie(BLOCK_BYTES, lie % 2 === 0 ? 2 ** 32 - 1 : BLOCK_BYTES);
    for (let nack = 0; nack < 500; nack++) await source.lane?.next('Nack');
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * MEBIBYTE);
    expect(readFileSync(pathOf(source)).equals(Buffer.alloc(SIZE_BYTES))).toBe(true);
    source.send('Cancel', { code: 'E_CANCELLED', reason: 'enough' });
    await source.control?.next('Cancelled');
    source.close();
  });

  it('by an overlap writes what came last, in its own image alone', async () => {
    const source = await receiving();
    source.extent(0, {}, Buffer.alloc(2 * BLOCK_BYTES, 1));
    source.extent(BLOCK_BYTES, {}, Buffer.alloc(BLOCK_BYTES, 2));
    source.zero(0, BLOCK_BYTES);
    await until(
      'all acknowledged',
      async () => source.lane?.received.some((f) => f.type === 'Ack' && f.header.seq === 3) || undefined,
    );
    const expected = Buffer.concat([
      Buffer.alloc(BLOCK_BYTES),
      Buffer.alloc(BLOCK_BYTES, 2),
      Buffer.alloc(2 * BLOCK_BYTES),
    ]);
    expect(readFileSync(pathOf(source)).equals(expected)).toBe(true);
    source.close();
    expect(await source.outcome()).toBe('aborted');
  });
});

describe('a source that lies on the control channel', () => {
  const lies: readonly (readonly [string, RegExp, (source: HostileSource) => void | Promise<void>])[] = [
    ['COMMIT before PREPARE', /^E_(TOO_LATE|PROTOCOL)$/, (source) => source.commit()],
    ['PREPARE twice', /^E_(TOO_LATE|PROTOCOL)$/, async (source) => [await source.prepare(), await source.prepare()][0]],
    ['COMMIT of another epoch', /^E_PROTOCOL$/, async (source) => [await source.prepare(), await source.commit(9)][0]],
    ['data behind PREPARE', /^E_PROTOCOL$/, async (source) => [await source.prepare(), source.extent(0)][0]],
    ['an offer in its middle', /^E_PROTOCOL$/, (source) => source.offer({ migrationId: 'other' })],
    ['an answer of the other side', /^E_PROTOCOL$/, (source) => source.send('Taken', { durationMs: 1, epochs: [2] })],
  ];
  for (const [what, code, lie] of lies) {
    it(`by ${what} is told so, and owns nothing by it`, async () => {
      const source = await receiving();
      await lie(source);
      await until('the refusal', async () => source.refusals().some((told) => code.test(told)) || undefined);
      source.close();
      expect(await source.outcome()).toBe('aborted');
      expect(existsSync(pathOf(source))).toBe(false);
      under.place.assertInOrder();
    });
  }

  for (const name of ['../outside/precious', '/etc/passwd', '..', 'a/b', 'a.b', 'a\u0000', '']) {
    it(`by the name ${JSON.stringify(name)} makes no file`, async () => {
      const source = newSource();
      await source.connect();
      const image = { kind: 'disk', sizeBytes: 1, blockBytes: 4096, allocatedBytes: 0, epoch: 1 } as const;
      await source.offer({ images: [{ name, ...image }] });
      await expectRefused(source, 'E_PROTOCOL');
    });
  }

  it('by a header that cannot be read is taken for a damaged link', async () => {
    const source = await receiving();
    source.raw('control', forgeBytes('Prepare', Buffer.alloc(20, 0xff)));
    await expectRefused(source, 'E_DAMAGED');
  });

  it('by images that no memory holds is refused, and takes none', async () => {
    const before = process.memoryUsage().rss;
    const source = newSource();
    await source.connect();
    const image = {
      kind: 'disk',
      sizeBytes: (2 ** 31 - 1) * 4096,
      blockBytes: 4096,
      allocatedBytes: 0,
      epoch: 1,
    } as const;
    await source.offer({
      images: Array.from({ length: LIMITS.images }, (_, index) => ({ name: `${source.name}-${index}`, ...image })),
    });
    source.refusals();
    source.close();
    await source.outcome();
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * MEBIBYTE);
  });

  it('by a million small messages costs no memory, whether it takes the answers or not', async () => {
    const source = await receiving();
    const before = process.memoryUsage().rss;
    const asking = Buffer.concat(
      Array.from({ length: 1000 }, () => encodeFrame('Heartbeat', { sentAtMs: 1, echoMs: 0 })),
    );
    const telling = Buffer.concat(
      Array.from({ length: 1000 }, () => encodeFrame('Heartbeat', { sentAtMs: 1, echoMs: 5 })),
    );
    const socket = source.control?.socket;
    for (let thousand = 0; thousand < 1000; thousand++) {
      const more = socket?.write(telling) ?? true;
      if (!more) await new Promise((resolve) => socket?.once('drain', resolve));
    }
    // From here on nothing of what it asks for is read.
    socket?.pause();
    for (let thousand = 0; thousand < 300; thousand++) source.raw('control', asking);
    const untilMs = performance.now() + 500;
    while (performance.now() < untilMs) await new Promise((resolve) => setImmediate(resolve));
    // What this side could not send is this side's: 300,000 of them are 10 MiB.
    expect(process.memoryUsage().rss - before).toBeLessThan(150 * MEBIBYTE);
    source.close();
    expect(await source.outcome()).toBe('aborted');
  });

  it('by saying hello and no more finds the others let in', async () => {
    const idle: HostileSource[] = [];
    for (let each = 0; each < LIMITS.pendingConnections; each++) {
      const source = newSource();
      await source.connect();
      idle.push(source);
    }
    const late = newSource();
    await late.connect();
    expect(late.refusals()).toEqual(['E_TOO_MANY']);
    idle[0]?.close();
    const good = await untilTaken();
    for (const source of [...idle, late]) source.close();
    good.close();
    expect(await good.outcome()).toBe('aborted');
  });

  it('by asking who owns does not keep its connection', async () => {
    const before = descriptors();
    for (let each = 0; each < 50; each++) {
      const source = newSource();
      await source.connect();
      source.send('Resolve', { migrationId: 'nobody', names: ['x'], epochs: [1] });
      expect((await source.control?.next('Outcome'))?.state).toBe('unknown');
      await until(
        'its end',
        async () => source.control?.socket.destroyed || source.control?.socket.readableEnded || undefined,
      );
      source.close();
    }
    await until('the descriptors', async () => descriptors() <= before + 10 || undefined);
  });
});

/** A source that is let in once there is room for it. */
async function untilTaken(): Promise<HostileSource> {
  return until('a source to be let in', async () => {
    const source = newSource();
    await source.connect();
    await source.offer();
    if (source.refusals().length === 0) return source;
    source.close();
    return undefined;
  });
}

describe('links in the folder of images', () => {
  const precious = () => readFileSync(under.place.path('outside', 'precious'), 'utf8');

  it('at the path of an image are not ours: E_EXISTS, and what they lead to stays as it is', async () => {
    const source = newSource();
    symlinkSync(under.place.path('outside', 'precious'), pathOf(source));
    await source.connect();
    await source.offer();
    expect(source.refusals()).toEqual(['E_EXISTS']);
    source.close();
    expect(await source.outcome()).toBe('unknown');
    expect(precious()).toBe('precious');
    rmSync(pathOf(source));
  });

  it('that take the place of an image on its way are not written through', async () => {
    const source = newSource();
    await source.connect();
    await source.offer();
    rmSync(pathOf(source));
    symlinkSync(under.place.path('outside', 'precious'), pathOf(source));
    await source.openLane();
    source.extent(0, { encoding: Encoding.raw });
    await expectRefused(source, 'E_NOT_AN_IMAGE');
    expect(precious()).toBe('precious');
    expect(readdirSync(under.place.path('outside'))).toEqual(['precious']);
  });
});
