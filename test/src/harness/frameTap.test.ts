import { describe, expect, it } from 'vitest';
import { FrameTap, type FrameVerdict } from './frameTap.js';

function frame(type: number, payload: string): Buffer {
  const start = Buffer.alloc(8);
  start.writeUInt8(type, 0);
  start.writeUInt16BE(2, 2);
  start.writeUInt32BE(payload.length, 4);
  return Buffer.concat([start, Buffer.from('hh'), Buffer.from(payload)]);
}

const FRAMES = [frame(1, 'one'), frame(2, 'twotwo'), frame(3, ''), frame(4, 'four')];

/** What is passed on when the second frame meets this verdict, however the stream is cut into parts. */
function passedBy(verdict: FrameVerdict, partBytes: number): { bytes: Buffer; end: string | undefined } {
  const tap = new FrameTap('toSource', 0, ({ type }) => (type === 2 ? verdict : 'pass'));
  const stream = Buffer.concat(FRAMES);
  const passed: Buffer[] = [];
  for (let at = 0; at < stream.length; at += partBytes) {
    const { parts, end } = tap.push(stream.subarray(at, at + partBytes));
    passed.push(...parts);
    if (end !== undefined) return { bytes: Buffer.concat(passed), end };
  }
  return { bytes: Buffer.concat(passed), end: undefined };
}

describe('a frame that meets', () => {
  const [one, two, three, four] = FRAMES as [Buffer, Buffer, Buffer, Buffer];
  it.each<[FrameVerdict, Buffer[], string | undefined]>([
    ['pass', [one, two, three, four], undefined],
    ['drop', [one, three, four], undefined],
    ['duplicate', [one, two, two, three, four], undefined],
    ['delay', [one, three, two, four], undefined],
    ['truncate', [one, two.subarray(0, two.length / 2)], 'truncate'],
    ['cut', [one], 'cut'],
  ])('%s', (verdict, expected, end) => {
    for (const partBytes of [1, 7, 1000]) {
      expect(passedBy(verdict, partBytes)).toEqual({ bytes: Buffer.concat(expected), end });
    }
  });
});
