import { once } from 'node:events';
import net from 'node:net';
import type { Frame, FrameName } from '@godwit/protocol';
import { LIMITS } from '@godwit/protocol';
import { FrameSocket, RateLimiter } from '@godwit/transport';
import { afterEach, describe, expect, it } from 'vitest';
import { planCheck, planRound } from '../rounds/plan.js';
import { WorkList } from '../rounds/workList.js';
import { blocksOf } from '../testing/mapContents.js';
import { scratchImages } from '../testing/scratchImage.js';
import { ExtentEncoder } from './extentEncoder.js';
import { LaneCounters } from './laneCounters.js';
import { LaneImage } from './laneImage.js';
import { LaneSender } from './laneSender.js';

const MEBIBYTE = 1024 * 1024;
const image = scratchImages();
const open: FrameSocket[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
});

type Answer = (frame: Frame, destination: FrameSocket) => void;

/** A lane of one image, and a destination that does `answer` with each frame. */
async function laneOf(live: ReturnType<typeof image>, answer: Answer, scrubLimiter?: RateLimiter): Promise<LaneSender> {
  const server = net.createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  const accepted: Promise<net.Socket> = once(server, 'connection').then(([socket]) => socket);
  const onEnd = () => undefined;
  const accepts: readonly FrameName[] = ['Ack', 'Nack', 'CheckResult'];
  const options = { accepts, onFrame: (frame: Frame) => sender.receive(frame), onEnd };
  const source = FrameSocket.connect({ host: '127.0.0.1', port: address.port }, options);
  const destination = FrameSocket.wrap(await accepted, {
    accepts: ['Extent', 'Zero', 'Check', 'CheckZero'],
    onFrame: (frame) => answer(frame, destination),
    onEnd,
  });
  server.close();
  open.push(source, destination);
  const parts = { counters: new LaneCounters(), limiter: undefined, scrubLimiter, windowBytes: LIMITS.windowBytes };
  const images = [new LaneImage(0, live.handle())];
  const sender = new LaneSender({ ...parts, images, encoder: await ExtentEncoder.create() }, source);
  return sender;
}

/** A cap in virtual time: what would have to be waited for passes at once. */
class VirtualLimiter extends RateLimiter {
  nowMs = 0;
  bytes = 0;

  constructor(bytesPerSec: number) {
    const handle = { bytesPerSec, buffer: new SharedArrayBuffer(8) };
    super(handle, () => BigInt(Math.round((1000 + this.nowMs) * 1e6)));
  }

  override reserve(bytes: number): number {
    this.nowMs += super.reserve(bytes);
    this.bytes += bytes;
    return 0;
  }
}

describe('a lane', () => {
  it('names so many blocks as different, and has the rest checked again', async () => {
    const size = 18 * MEBIBYTE;
    const live = image(size, 4096, [{ offset: 0, bytes: Buffer.alloc(size, 7) }]);
    live.maps.unproven.setRange(0, live.maps.blocks);
    const all = Array.from({ length: LIMITS.resultBlocks }, (_, block) => block);
    const sender = await laneOf(live, ({ header }, destination) => {
      if (!('seq' in header)) return;
      destination.send('CheckResult', { seq: header.seq, blocks: all });
      destination.send('Ack', { seq: header.seq });
    });
    const suspects = await sender.run('check', 1, WorkList.of((await planCheck([live])).items));
    expect(suspects).toHaveLength(4096);
    expect(new Set(suspects.map(({ block }) => block)).size).toBe(4096);
    // Those that are named are being checked until somebody judges them.
    expect([live.maps.unproven.count(), live.maps.checking.count()]).toEqual([size / 4096 - 4096, 4096]);
    for (const { block } of suspects) expect(live.maps.checking.has(block)).toBe(true);
  });

  it('sends what was written since the round was collected along, and does not send it again', async () => {
    const live = image(4 * MEBIBYTE, 65_536, [{ offset: 0, bytes: Buffer.alloc(2 * MEBIBYTE, 7) }]);
    live.maps.dirty.setRange(0, 64);
    const plan = await planRound([live], 'wire');
    // Written after it was collected and before it is read: one in data, one in what the file system calls a hole.
    for (const block of [3, 40]) live.maps.markDirty(block * 65_536, 65_536);
    const seen: number[] = [];
    const sender = await laneOf(live, ({ header }, destination) => {
      if (!('seq' in header)) return;
      // And one after it was read.
      if (seen.push(header.seq) === 1) live.maps.markDirty(0, 1);
      destination.send('Ack', { seq: header.seq });
    });
    await sender.run('send', 1, WorkList.of(plan.items));
    expect(live.maps.inFlight.count()).toBe(0);
    // The hole may have been found before the write to it.
    expect(blocksOf(live.maps.dirty)).toEqual([0, 40]);
  });

  it('reads for a scrub no more than its rate allows, and for a check of the pause what it likes', async () => {
    const size = 16 * MEBIBYTE;
    const live = image(size, 65_536, [{ offset: 0, bytes: Buffer.alloc(size, 7) }]);
    const limiter = new VirtualLimiter(MEBIBYTE);
    const background: (boolean | undefined)[] = [];
    const acknowledge: Answer = (frame, destination) => {
      if (frame.type === 'Check') background.push(frame.header.background);
      if ('seq' in frame.header) destination.send('Ack', { seq: frame.header.seq });
    };
    const sender = await laneOf(live, acknowledge, limiter);
    const run = async (kind: 'check' | 'scrub') => {
      live.maps.unproven.setRange(0, live.maps.blocks);
      await sender.run(kind, 1, WorkList.of((await planCheck([live])).items));
    };
    await run('scrub');
    expect(limiter.bytes).toBe(size);
    // 16 MiB at 1 MiB/s, but for the last extent and what may be caught up (50 ms).
    expect(limiter.nowMs).toBeGreaterThanOrEqual(14_900);
    const atMs = limiter.nowMs;
    await run('check');
    expect([limiter.bytes, limiter.nowMs]).toEqual([size, atMs]);
    expect(background).toEqual([...Array(16).fill(true), ...Array(16).fill(undefined)]);
  });

  it('asks for one hole of 4 GiB at a time', async () => {
    const live = image(12 * 1024 * MEBIBYTE, MEBIBYTE);
    live.maps.unproven.setRange(0, live.maps.blocks);
    let waiting = 0;
    const seen: number[] = [];
    const sender = await laneOf(live, ({ type, header }, destination) => {
      if (type !== 'CheckZero' || !('length' in header)) return;
      waiting += 1;
      seen.push(header.length / MEBIBYTE, waiting);
      // Time for another to arrive before this one is answered.
      setTimeout(() => {
        waiting -= 1;
        destination.send('Ack', { seq: header.seq });
      }, 30);
    });
    expect(await sender.run('check', 1, WorkList.of((await planCheck([live])).items))).toEqual([]);
    expect(seen).toEqual([4096, 1, 4096, 1, 4096, 1]);
    expect(live.maps.checking.count()).toBe(0);
  });
});
