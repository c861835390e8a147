import { GodwitError } from '@godwit/errors';
import { describe, expect, it } from 'vitest';
import { encodeFrame } from './encodeFrame.js';
import type { Frame } from './frame.js';
import { FrameParser } from './frameParser.js';
import { LIMITS } from './limits.js';
import { ALL_FRAMES, collector, framesOf, thrownBy } from './testing/collect.js';
import { EXTENT } from './testing/samples.js';

const ack = (seq: number): Buffer => encodeFrame('Ack', { seq });
const extent = (payload: Buffer): Buffer =>
  Buffer.concat([encodeFrame('Extent', { ...EXTENT, rawBytes: payload.length }, payload.length), payload]);

/** `frame` with one byte of it changed. */
function changed(frame: Buffer, at: number, value: number): Buffer {
  frame[at] = value;
  return frame;
}

describe('phase', () => {
  it('refuses what is not accepted before room is made for its payload', () => {
    const { parser } = collector(['Zero']);
    const payloadBytes = 1024;
    const header = extent(Buffer.alloc(payloadBytes)).subarray(0, -payloadBytes);
    expect(thrownBy(() => parser.push(header))).toMatchObject({
      code: 'E_PROTOCOL',
      parameters: { problem: 'Extent is out of phase' },
    });
  });

  it('may change inside onFrame, for the next frame of the same chunk', () => {
    const seen: string[] = [];
    const parser = new FrameParser({
      accepts: ['Cancelled'],
      onFrame: ({ type }) => {
        seen.push(type);
        parser.setAccepts(['Ack']);
      },
    });
    parser.push(Buffer.concat([encodeFrame('Cancelled', {}), ack(1)]));
    expect(seen).toEqual(['Cancelled', 'Ack']);
    expect(thrownBy(() => parser.push(encodeFrame('Cancelled', {})))).toMatchObject({ code: 'E_PROTOCOL' });
  });

  it('is that of the moment when the frame is complete', () => {
    const { parser, frames } = collector(['Ack']);
    parser.push(ack(1).subarray(0, 10));
    parser.setAccepts([]);
    expect(thrownBy(() => parser.push(ack(1).subarray(10)))).toMatchObject({ code: 'E_PROTOCOL' });
    expect(frames).toEqual([]);
  });
});

describe('damage', () => {
  it.each([
    ['an unknown type', changed(ack(1), 0, 99), 'unknown frame type 99'],
    ['type 0', changed(ack(1), 0, 0), 'unknown frame type 0'],
    ['a reserved byte', changed(ack(1), 1, 1), 'Ack: the reserved byte is not 0'],
    [
      'a header that ends inside a field',
      changed(ack(1), 3, 8).subarray(0, 16),
      'Ack: the check of the header is missing',
    ],
    ['a payload where none belongs', changed(ack(1), 7, 1), 'Ack: a payload of 1 bytes; at most 0 are accepted'],
  ])('%s ends the parser: the same error for ever', (_, bytes, problem) => {
    const { parser, frames } = collector();
    const first = thrownBy(() => parser.push(Buffer.concat([ack(7), bytes, ack(8)])));
    expect(first).toBeInstanceOf(GodwitError);
    expect(first).toMatchObject({
      code: 'E_DAMAGED',
      parameters: { problem: problem },
    });
    expect(frames.map((frame) => frame.header)).toEqual([{ seq: 7 }]);
    expect(thrownBy(() => parser.push(ack(8)))).toBe(first);
    expect(parser.bufferedBytes).toBe(0);
  });

  it('keeps what protobufjs said as the cause', () => {
    const broken = changed(ack(1), 3, 8).subarray(0, 16);
    expect(thrownBy(() => framesOf(broken))).toMatchObject({ cause: expect.any(RangeError) });
  });

  it('is not only the peer: what onFrame throws ends the parser too', () => {
    const parser = new FrameParser({
      accepts: ALL_FRAMES,
      onFrame: () => {
        throw new Error('disk full');
      },
    });
    expect(() => parser.push(ack(1))).toThrow('disk full');
    expect(() => parser.push(ack(2))).toThrow('disk full');
  });

  it('is an assertion when push is called inside onFrame', () => {
    const parser: FrameParser = new FrameParser({ accepts: ALL_FRAMES, onFrame: () => parser.push(ack(2)) });
    expect(thrownBy(() => parser.push(ack(1)))).toMatchObject({ name: 'AssertionError' });
  });
});

describe('memory', () => {
  const views = (frames: Buffer[]) =>
    new FrameParser({ accepts: ALL_FRAMES, onFrame: (frame: Frame) => frames.push(frame.payload) });

  it('passes a payload that is whole in a chunk without a copy, also when its header was not', () => {
    const payloads: Buffer[] = [];
    const parser = views(payloads);
    const bytes = extent(Buffer.alloc(100, 1));
    parser.push(bytes);
    parser.push(bytes.subarray(0, 20));
    const rest = Buffer.from(bytes.subarray(20));
    parser.push(rest);
    expect(payloads.map((payload) => payload.length)).toEqual([100, 100]);
    expect(payloads[0]?.buffer).toBe(bytes.buffer);
    expect(payloads[1]?.buffer).toBe(rest.buffer);
    expect(payloads[1]?.byteOffset).toBe(rest.byteOffset + rest.length - 100);
  });

  it('collects payloads that come in pieces in one buffer', () => {
    const payloads: Buffer[] = [];
    const parser = views(payloads);
    for (let round = 0; round < 3; round++) {
      const bytes = extent(Buffer.alloc(LIMITS.extentBytes, round));
      parser.push(bytes.subarray(0, 1000));
      parser.push(bytes.subarray(1000));
    }
    expect(new Set(payloads.map((payload) => payload.buffer)).size).toBe(1);
    expect(payloads[0]?.buffer.byteLength).toBe(LIMITS.payloadBytes);
  });

  it('says what it holds', () => {
    const { parser } = collector();
    const bytes = extent(Buffer.alloc(100, 1));
    const headerEnd = bytes.length - 100;
    parser.push(bytes.subarray(0, 5));
    expect(parser.bufferedBytes).toBe(5);
    parser.push(bytes.subarray(5, headerEnd - 1));
    expect(parser.bufferedBytes).toBe(headerEnd - 1);
    parser.push(bytes.subarray(headerEnd - 1, headerEnd + 30));
    expect(parser.bufferedBytes).toBe(30);
    parser.push(bytes.subarray(headerEnd + 30));
    expect(parser.bufferedBytes).toBe(0);
  });

  it('takes a Uint8Array and shared memory', () => {
    const shared = new Uint8Array(new SharedArrayBuffer(64), 3);
    shared.set(ack(77));
    const { parser, frames } = collector();
    parser.push(shared.subarray(0, ack(77).length));
    expect(frames).toMatchObject([{ type: 'Ack', header: { seq: 77 } }]);
  });
});
