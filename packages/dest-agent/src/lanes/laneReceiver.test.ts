import { linkSync, readFileSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GodwitError } from '@godwit/errors';
import { BlockMap, identityOf, RawFile } from '@godwit/image';
import { Encoding, type Frame, type FrameHeaders, LIMITS } from '@godwit/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { randomBytes, randomFrom } from '../testing/random.js';
import { scratchFolder } from '../testing/scratchFolder.js';
import { type LanePair, lanePair } from '../testing/socketPair.js';
import { ExtentDecoder } from './extentDecoder.js';
import { LanePhase } from './laneMessages.js';
import { LaneReceiver } from './laneReceiver.js';

const BLOCK = 4096;
/** Nine blocks and a short one. */
const SIZE = 9 * BLOCK + 100;
const random = randomFrom(3);
const path = join(scratchFolder(), 'disk.img');
const reservePath = join(dirname(path), 'reserve');
const RESERVE_BYTES = 5 * 1024 * 1024;

let decoder: ExtentDecoder;
let receiver: LaneReceiver;
let pair: LanePair;
let phase: Int32Array;
let received: BlockMap;
let seq = 0;

beforeEach(async () => {
  writeFileSync(path, '');
  truncateSync(path, SIZE);
  decoder = await ExtentDecoder.create();
  const shared = new SharedArrayBuffer(4);
  phase = new Int32Array(shared);
  phase[0] = LanePhase.receiving;
  received = BlockMap.create(Math.ceil(SIZE / BLOCK));
  const files = [{ path, size: SIZE, blockBytes: BLOCK, received: received.buffer }];
  writeFileSync(reservePath, '');
  truncateSync(reservePath, RESERVE_BYTES);
  const reserve = { path: reservePath, identity: identityOf(statSync(reservePath, { bigint: true })) };
  receiver = new LaneReceiver({ lane: 0, version: 2, agentVersion: 'test', files, phase: shared, reserve }, decoder);
  pair = await lanePair({ onFrame: (frame) => receiver.receive(frame), onBatch: () => receiver.acknowledge() });
  receiver.attach(pair.destination);
  seq = 0;
});
afterEach(() => {
  pair.source.destroy();
  pair.destination.destroy();
  receiver.close();
});

type ExtentHeader = FrameHeaders['Extent'];

function sendExtent(offset: number, raw: Uint8Array, changes: Partial<ExtentHeader> = {}): void {
  const hash = decoder.digest(raw);
  const [hashLow, hashHigh] = [Number(hash & 0xffffffffn), Number(hash >> 32n)];
  seq += 1;
  const header = { seq, round: 1, image: 0, offset, rawBytes: raw.length, encoding: Encoding.raw, hashLow, hashHigh };
  pair.source.send('Extent', { ...header, ...changes }, raw);
}

function sendZero(offset: number, length: number, changes: Partial<FrameHeaders['Zero']> = {}): void {
  seq += 1;
  pair.source.send('Zero', { seq, round: 1, image: 0, offset, length, ...changes });
}

function digestsOf(bytes: Uint8Array): Buffer {
  const digests = Buffer.alloc(Math.ceil(bytes.length / BLOCK) * 8);
  for (let at = 0; at < bytes.length; at += BLOCK) {
    digests.writeBigUInt64LE(decoder.digest(bytes.subarray(at, at + BLOCK)), (at / BLOCK) * 8);
  }
  return digests;
}

function sendCheck(offset: number, bytes: Uint8Array, digests = digestsOf(bytes)): void {
  seq += 1;
  pair.source.send('Check', { seq, image: 0, offset, length: bytes.length }, digests);
}

function sendCheckZero(offset: number, length: number): void {
  seq += 1;
  pair.source.send('CheckZero', { seq, image: 0, offset, length });
}

const others = (): Frame[] => pair.answers.filter((frame) => frame.type !== 'Ack');
const content = (): Buffer => readFileSync(path);
const allocated = (): number => statSync(path).blocks * 512;

describe('what a lane takes', () => {
  it('is written where it belongs, the short last block too, and acknowledged', async () => {
    const one = randomBytes(2 * BLOCK, random);
    const last = randomBytes(100, random);
    sendExtent(3 * BLOCK, one);
    sendExtent(9 * BLOCK, last);
    await pair.acknowledged(2);
    const expected = Buffer.alloc(SIZE);
    expected.set(one, 3 * BLOCK);
    expected.set(last, 9 * BLOCK);
    expect(content().equals(expected)).toBe(true);
    expect(others()).toEqual([]);
  });

  it('is marked as received once it is written, and not when it was refused', async () => {
    const receivedBlocks = () =>
      Array.from({ length: received.blocks }, (_, block) => block).filter((block) => received.has(block));
    sendExtent(3 * BLOCK, randomBytes(2 * BLOCK, random));
    sendExtent(9 * BLOCK, randomBytes(100, random));
    sendZero(6 * BLOCK, BLOCK);
    await pair.acknowledged(3);
    expect(receivedBlocks()).toEqual([3, 4, 6, 9]);
    sendExtent(0, randomBytes(BLOCK, random), { hashLow: 1 });
    await pair.acknowledged(4);
    expect(receivedBlocks()).toEqual([3, 4, 6, 9]);
  });

  it('leaves holes for zero pages, and makes them where data was', async () => {
    sendExtent(0, Buffer.concat([Buffer.alloc(2 * BLOCK), randomBytes(BLOCK, random)]));
    await pair.acknowledged(1);
    expect(allocated()).toBe(BLOCK);
    sendZero(0, SIZE);
    await pair.acknowledged(2);
    expect(allocated()).toBe(0);
    expect(content().equals(Buffer.alloc(SIZE))).toBe(true);
  });

  it.each([
    ['writeSync', () => sendExtent(0, Buffer.alloc(BLOCK, 7))],
    ['zeroSync', () => sendZero(0, BLOCK)],
  ] as const)('goes into the room that is kept for it when the disk is full (%s)', async (call, send) => {
    vi.spyOn(RawFile.prototype, call).mockImplementationOnce(() => {
      throw new GodwitError('E_DISK_FULL', { path, problem: 'no space left on device' });
    });
    send();
    await pair.acknowledged(1);
    vi.restoreAllMocks();
    expect(others()).toEqual([]);
    expect(content()[0]).toBe(call === 'writeSync' ? 7 : 0);
    expect(statSync(reservePath).size).toBeLessThan(RESERVE_BYTES);
  });

  it('is NACKed when its hash differs, and nothing of it is written', async () => {
    sendExtent(0, randomBytes(BLOCK, random), { hashLow: 1 });
    sendExtent(BLOCK, Buffer.alloc(BLOCK, 7));
    await pair.acknowledged(2);
    expect(others()).toMatchObject([{ type: 'Nack', header: { seq: 1, code: 'E_HASH' } }]);
    expect(content().subarray(0, BLOCK).equals(Buffer.alloc(BLOCK))).toBe(true);
    expect(content()[BLOCK]).toBe(7);
    expect(allocated()).toBe(BLOCK);
  });

  it('is NACKed before it is acknowledged, so that an Ack never passes over what was refused', async () => {
    sendExtent(0, Buffer.alloc(BLOCK, 1), { hashHigh: 1 });
    await pair.acknowledged(1);
    expect(pair.answers.map((frame) => frame.type)).toEqual(['Nack', 'Ack']);
  });

  it('may go on in the same round or a later one', async () => {
    for (const round of [1, 1, 2, 7, 7]) sendExtent(0, Buffer.alloc(BLOCK, round), { round });
    await pair.acknowledged(5);
    expect(content()[0]).toBe(7);
  });
});

describe('a lane ends with E_PROTOCOL at', () => {
  const bytes = Buffer.alloc(BLOCK, 9);
  const first = () => sendExtent(0, bytes);
  const violations: readonly (readonly [string, () => void])[] = [
    ['a number that was left out', () => sendExtent(BLOCK, bytes, { seq: 3 })],
    ['a number that came before', () => sendExtent(BLOCK, bytes, { seq: 1 })],
    ['number 0', () => sendExtent(BLOCK, bytes, { seq: 0 })],
    ['a round that runs backwards', () => sendExtent(BLOCK, bytes, { round: 0 })],
    ['zeros of a round that runs backwards', () => sendZero(BLOCK, BLOCK, { round: 0 })],
    ['an image that was not offered', () => sendExtent(BLOCK, bytes, { image: 1 })],
    ['an offset that is no block', () => sendExtent(BLOCK + 512, Buffer.alloc(BLOCK - 512, 9))],
    ['an end that is no block', () => sendExtent(BLOCK, Buffer.alloc(BLOCK - 1, 9))],
    ['bytes beyond the image', () => sendExtent(9 * BLOCK, bytes)],
    ['an offset beyond the image', () => sendExtent(100 * BLOCK, bytes)],
    ['the largest offset', () => sendExtent(Number.MAX_SAFE_INTEGER - BLOCK + 1, Buffer.alloc(10))],
    ['zeros beyond the image', () => sendZero(BLOCK, LIMITS.zeroRangeBytes)],
    ['zeros that end within a block', () => sendZero(BLOCK, 10)],
    ['a check beyond the image', () => sendCheck(9 * BLOCK, bytes)],
    ['a check of no whole block', () => sendCheck(BLOCK + 512, Buffer.alloc(BLOCK - 512))],
    ['a check with too few digests', () => sendCheck(BLOCK, Buffer.alloc(2 * BLOCK), Buffer.alloc(8))],
    ['a check with too many digests', () => sendCheck(BLOCK, bytes, Buffer.alloc(16))],
    ['a check of zeros beyond the image', () => sendCheckZero(0, SIZE + BLOCK)],
  ];

  it.each(violations)('%s', async (_, violate) => {
    first();
    await pair.acknowledged(1);
    const before = content();
    violate();
    // What stands behind a violation is not looked at any more.
    sendExtent(2 * BLOCK, bytes);
    expect(await pair.ended).toMatchObject({ code: 'E_PROTOCOL' });
    expect(content().equals(before)).toBe(true);
  });

  it.each([
    ['Extent', () => sendExtent(BLOCK, bytes)],
    ['Zero', () => sendZero(0, BLOCK)],
    ['Check', () => sendCheck(0, bytes)],
    ['CheckZero', () => sendCheckZero(0, BLOCK)],
  ])('%s after Prepare', async (_, send) => {
    first();
    await pair.acknowledged(1);
    const before = content();
    Atomics.store(phase, 0, LanePhase.prepared);
    send();
    expect(await pair.ended).toMatchObject({ code: 'E_PROTOCOL' });
    expect(content().equals(before)).toBe(true);
  });
});

describe('Check', () => {
  it('names exactly the blocks that differ, by one bit anywhere', async () => {
    const image = randomBytes(SIZE, random);
    writeFileSync(path, image);
    const theirs = Buffer.from(image);
    for (const at of [0, 3 * BLOCK - 1, 5 * BLOCK + 77, SIZE - 1]) theirs[at] = (theirs[at] ?? 0) ^ 16;
    sendCheck(0, theirs);
    sendCheck(3 * BLOCK, theirs.subarray(3 * BLOCK, 5 * BLOCK));
    sendCheck(4 * BLOCK, theirs.subarray(4 * BLOCK));
    await pair.acknowledged(3);
    expect(others()).toMatchObject([
      { type: 'CheckResult', header: { seq: 1, blocks: [0, 2, 5, 9] } },
      { type: 'CheckResult', header: { seq: 3, blocks: [1, 5] } },
    ]);
    expect(content().equals(image)).toBe(true);
  });

  it('reads what stands in the file, not what was sent', async () => {
    const sent = Buffer.alloc(BLOCK, 1);
    sendExtent(0, sent);
    await pair.acknowledged(1);
    writeFileSync(path, Buffer.concat([Buffer.alloc(BLOCK, 2), Buffer.alloc(SIZE - BLOCK)]));
    sendCheck(0, sent);
    await pair.acknowledged(2);
    expect(others()).toMatchObject([{ type: 'CheckResult', header: { seq: 2, blocks: [0] } }]);
  });
});

describe('CheckZero', () => {
  it('finds every block that is not zero, and takes written zeros for a hole', async () => {
    const image = Buffer.alloc(SIZE);
    image[2 * BLOCK] = 1;
    image[6 * BLOCK - 1] = 1;
    image[SIZE - 1] = 1;
    writeFileSync(path, image);
    sendCheckZero(0, SIZE);
    sendCheckZero(3 * BLOCK, 2 * BLOCK);
    sendCheckZero(5 * BLOCK, SIZE - 5 * BLOCK);
    await pair.acknowledged(3);
    expect(others()).toMatchObject([
      { type: 'CheckResult', header: { seq: 1, blocks: [2, 5, 9] } },
      { type: 'CheckResult', header: { seq: 3, blocks: [0, 4] } },
    ]);
  });

  it('is content with a hole', async () => {
    sendCheckZero(0, SIZE);
    await pair.acknowledged(1);
    expect(others()).toEqual([]);
  });
});

describe('violations', () => {
  it('are thrown by the receiver itself for what no lane carries', () => {
    const progress: Frame = { type: 'Ack', header: { seq: 1 }, payload: Buffer.alloc(0) };
    expect(() => receiver.receive(progress)).toThrow(GodwitError);
  });
});

it('begins to write back what it wrote as soon as it writes elsewhere', async () => {
  const size = 24 * 1024 * 1024;
  truncateSync(path, size);
  const asked: [number, number][] = [];
  const spy = vi.spyOn(RawFile.prototype, 'startWriteBack').mockImplementation((offset, length) => {
    asked.push([offset, length]);
  });
  const files = [{ path, size, blockBytes: BLOCK }];
  const shared = new SharedArrayBuffer(4);
  new Int32Array(shared)[0] = LanePhase.receiving;
  const lane = new LaneReceiver({ lane: 0, version: 2, agentVersion: 'test', files, phase: shared }, decoder);
  const raw = randomBytes(BLOCK, random);
  const hash = decoder.digest(raw);
  const [hashLow, hashHigh] = [Number(hash & 0xffffffffn), Number(hash >> 32n)];
  for (const [index, offset] of [0, BLOCK, 5 * 1024 * 1024, 8 * 1024 * 1024, 20 * 1024 * 1024].entries()) {
    const header = { seq: index + 1, round: 1, image: 0, offset, rawBytes: BLOCK, encoding: Encoding.raw };
    lane.receive({ type: 'Extent', header: { ...header, hashLow, hashHigh }, payload: Buffer.from(raw) });
  }
  lane.close();
  spy.mockRestore();
  expect(asked).toEqual([0, 8].map((mebibytes) => [mebibytes * 1024 * 1024, 8 * 1024 * 1024]));
});

describe('another file at the path of an image', () => {
  it.each([
    ['a symbolic link', symlinkSync, 'E_NOT_AN_IMAGE'],
    ['a hard link', linkSync, 'E_UNREADABLE'],
  ])('%s is not opened, and what it leads to stays as it is', (_, link, code) => {
    const file = RawFile.open(path);
    const identity = file.identity();
    file.closeSync();
    const outside = join(dirname(path), `outside-${code}`);
    writeFileSync(outside, 'precious');
    rmSync(path);
    link(outside, path);
    const files = [{ path, size: SIZE, blockBytes: BLOCK, identity }];
    const start = { lane: 0, version: 2, agentVersion: 'test', files, phase: new SharedArrayBuffer(4) };
    expect(() => new LaneReceiver(start, decoder)).toThrow(expect.objectContaining({ code }));
    expect(readFileSync(outside, 'utf8')).toBe('precious');
    rmSync(path);
  });
});
