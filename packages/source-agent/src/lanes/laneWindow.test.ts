import { GodwitError } from '@godwit/errors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSettled } from '../testing/settled.js';
import { CHECK_ZERO_WEIGHT, LaneWindow } from './laneWindow.js';

function add(window: LaneWindow, wireBytes: number): number {
  const seq = window.nextSeq();
  window.add({ seq, kind: 'send', image: 0, firstBlock: seq, blocks: 1, wireBytes });
  return seq;
}

/** The code of what `call` throws, or undefined. */
function codeOf(call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof GodwitError) return thrown.code;
    throw thrown;
  }
}

function acknowledge(window: LaneWindow, seq: number): number[] {
  const settled: number[] = [];
  window.acknowledge(seq, (frame) => settled.push(frame.seq));
  return settled;
}

const WINDOW_BYTES = 500;
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('send' as const), value: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('ack' as const), value: fc.integer({ min: -3, max: 60 }) }) },
);

class QueueModel {
  sent = 0;
  waiting: { seq: number; wireBytes: number }[] = [];

  fits(wireBytes: number): boolean {
    const used = this.waiting.reduce((sum, frame) => sum + frame.wireBytes, 0);
    return this.waiting.length === 0 || used + wireBytes <= WINDOW_BYTES;
  }
}

/** Exactly what the model says fits may leave. */
async function trySend(window: LaneWindow, model: QueueModel, wireBytes: number): Promise<void> {
  expect(await isSettled(window.room(wireBytes))).toBe(model.fits(wireBytes));
  if (!model.fits(wireBytes)) return;
  model.sent += 1;
  expect(add(window, wireBytes)).toBe(model.sent);
  model.waiting.push({ seq: model.sent, wireBytes });
}

/** An Ack near what waits: taken when it is one of the waiting, refused when it is not. */
function answer(window: LaneWindow, model: QueueModel, distance: number): void {
  const seq = (model.waiting[0]?.seq ?? model.sent + 1) + distance;
  const index = model.waiting.findIndex((frame) => frame.seq === seq);
  const expected = model.waiting.splice(0, index + 1).map((frame) => frame.seq);
  const settled: number[] = [];
  const code = codeOf(() => window.acknowledge(seq, (frame) => settled.push(frame.seq)));
  expect(code).toBe(index === -1 ? 'E_PROTOCOL' : undefined);
  expect(settled).toEqual(expected);
}

describe('the window of a lane', () => {
  it('numbers frames from 1 without gaps', () => {
    const window = new LaneWindow(100);
    expect([add(window, 1), add(window, 1), add(window, 1)]).toEqual([1, 2, 3]);
  });

  it('has room up to its bytes, and wakes the sender when an Ack makes room', async () => {
    const window = new LaneWindow(100);
    add(window, 60);
    await window.room(40);
    add(window, 40);
    const room = window.room(60);
    expect(await isSettled(room)).toBe(false);
    acknowledge(window, 1);
    await room;
    const more = window.room(61);
    expect(await isSettled(more)).toBe(false);
    acknowledge(window, 2);
    await more;
  });

  it('goes on waiting after an Ack that made too little room', async () => {
    const window = new LaneWindow(100);
    for (let i = 0; i < 10; i++) add(window, 10);
    const room = window.room(25);
    acknowledge(window, 1);
    expect(await isSettled(room)).toBe(false);
    acknowledge(window, 2);
    expect(await isSettled(room)).toBe(false);
    acknowledge(window, 3);
    await room;
  });

  it('lets a frame that is larger than itself go alone', async () => {
    const window = new LaneWindow(100);
    await window.room(1000);
    add(window, 1000);
    const next = window.room(1);
    expect(await isSettled(next)).toBe(false);
    acknowledge(window, 1);
    await next;
  });

  it('is empty when the last frame is acknowledged', async () => {
    const window = new LaneWindow(100);
    expect(window.isEmpty).toBe(true);
    await window.emptied();
    add(window, 1);
    add(window, 1);
    const emptied = window.emptied();
    acknowledge(window, 1);
    expect(await isSettled(emptied)).toBe(false);
    acknowledge(window, 2);
    await emptied;
    expect(window.isEmpty).toBe(true);
  });

  it('settles frames in their order, with what was noted on them', () => {
    const window = new LaneWindow(100);
    for (let i = 0; i < 4; i++) add(window, 1);
    window.find(2).nacked = true;
    window.find(3).different = [5, 7];
    const settled: [number, boolean, readonly number[]][] = [];
    window.acknowledge(4, ({ seq, nacked, different }) => settled.push([seq, nacked, different]));
    expect(settled).toEqual([
      [1, false, []],
      [2, true, []],
      [3, false, [5, 7]],
      [4, false, []],
    ]);
  });

  it.each([0, 1, 2, 3, 7, 1.5, -1, Number.MAX_SAFE_INTEGER])(
    'refuses an answer to frame %d, which does not wait for one',
    (seq) => {
      const window = new LaneWindow(100);
      for (let i = 0; i < 6; i++) add(window, 1);
      acknowledge(window, 3);
      expect(codeOf(() => window.find(seq))).toBe('E_PROTOCOL');
      expect(codeOf(() => acknowledge(window, seq))).toBe('E_PROTOCOL');
      expect(acknowledge(window, 6)).toEqual([4, 5, 6]);
    },
  );

  it('refuses every answer while nothing waits', () => {
    const window = new LaneWindow(100);
    expect(codeOf(() => window.find(1))).toBe('E_PROTOCOL');
    add(window, 1);
    acknowledge(window, 1);
    expect(codeOf(() => acknowledge(window, 1))).toBe('E_PROTOCOL');
  });

  it('behaves as a queue does, over hundreds of frames', async () => {
    const property = fc.asyncProperty(fc.array(step, { maxLength: 300 }), async (steps) => {
      const model = new QueueModel();
      const window = new LaneWindow(WINDOW_BYTES);
      for (const { kind, value } of steps) {
        if (kind === 'send') await trySend(window, model, value);
        else answer(window, model, value);
        expect(window.isEmpty).toBe(model.waiting.length === 0);
      }
    });
    await fc.assert(property, { numRuns: 60 });
  });

  it('keeps its order when it lets go of what it no longer needs', () => {
    const window = new LaneWindow(1e9);
    for (let i = 0; i < 5000; i++) add(window, 1);
    let next = 1;
    for (let seq = 7; seq <= 4998; seq += 7) {
      const settled = acknowledge(window, seq);
      expect(settled).toEqual(Array.from({ length: seq - next + 1 }, (_, index) => next + index));
      expect(window.find(seq + 1).seq).toBe(seq + 1);
      next = seq + 1;
    }
    expect(acknowledge(window, 5000)).toEqual([4999, 5000]);
  });

  it('counts a weight in the place of bytes, where it is told one', async () => {
    const window = new LaneWindow(100);
    const frame = {
      seq: 1,
      kind: 'check',
      image: 0,
      firstBlock: 0,
      blocks: 1,
      wireBytes: 10,
      weightBytes: 100,
    } as const;
    window.add(frame);
    const room = window.room(1);
    expect(await isSettled(room)).toBe(false);
    acknowledge(window, 1);
    await room;
    await window.room(100);
  });

  it('is overdue from the last Ack or the first frame in an empty window, whichever came later', () => {
    let now = 1000;
    const window = new LaneWindow(100, () => now);
    expect(window.overdueMs).toBe(0);
    now = 5000;
    add(window, 1);
    now = 5300;
    add(window, 1);
    expect(window.overdueMs).toBe(300);
    now = 5500;
    acknowledge(window, 1);
    expect(window.overdueMs).toBe(0);
    now = 5700;
    expect(window.overdueMs).toBe(200);
    acknowledge(window, 2);
    now = 90_000;
    expect(window.overdueMs).toBe(0);
    add(window, 1);
    expect(window.overdueMs).toBe(0);
  });

  it('gives a frame the time that its weight may take', () => {
    let now = 0;
    const window = new LaneWindow(100, () => now);
    const wireBytes = 50;
    // 4 GiB at 64 MiB a second.
    const weightBytes = wireBytes + 2 ** 32 / CHECK_ZERO_WEIGHT;
    window.add({ seq: 1, kind: 'check', image: 0, firstBlock: 0, blocks: 1, wireBytes, weightBytes });
    now = 64_000;
    expect(window.overdueMs).toBe(0);
    now = 65_000;
    expect(window.overdueMs).toBe(1000);
  });
});
