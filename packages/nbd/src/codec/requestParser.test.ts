import { LIMITS } from '@godwit/protocol';
import { describe, expect, it } from 'vitest';
import { encodeRequest } from './clientCodec.js';
import { Command } from './constants.js';
import { RequestParser } from './requestParser.js';
import { everySplit, hex, protocolErrorOf, requestsOf } from './testing/streams.js';

/** A request to write, without its payload. */
function write(length: number): Buffer {
  const head = { flags: 0, command: Command.write, cookieHigh: 0, cookieLow: length, offset: 0, length };
  const bytes = Buffer.alloc(28);
  encodeRequest(bytes, 0, head);
  return bytes;
}

const MAXIMUM = { maximumPayload: LIMITS.nbdRequestBytes };

describe('requests of a client', () => {
  it('are found however they were split', () => {
    const stream = hex(
      '25609513 0004 0000 0102030405060708 0000000000001000 00000200',
      '25609513 0001 0001 ffffffffffffffff 0000020000000003 00000005 68656c6c6f',
      '25609513 0000 0003 0000000000000001 0000000000000000 00000000',
      '25609513 ffff 1234 0000000000000002 0000000000000000 ffffffff',
      '25609513 0000 0001 0000000000000003 0000000000000000 00000000',
      '25609513 0000 0002 0000000000000000 0000000000000000 00000000',
    );
    const plain = { flags: 0, cookieHigh: 0, offset: 0, length: 0, payload: undefined };
    const expected = [
      {
        flags: 4,
        command: 0,
        cookieHigh: 0x01020304,
        cookieLow: 0x05060708,
        offset: 4096,
        length: 512,
        payload: undefined,
      },
      {
        flags: 1,
        command: 1,
        cookieHigh: 0xffffffff,
        cookieLow: 0xffffffff,
        offset: 2 * 2 ** 40 + 3,
        length: 5,
        payload: Buffer.from('hello'),
      },
      { ...plain, command: 3, cookieLow: 1 },
      { ...plain, flags: 0xffff, command: 0x1234, cookieLow: 2, length: 0xffffffff },
      { ...plain, command: 1, cookieLow: 3, payload: hex() },
      { ...plain, command: 2, cookieLow: 0 },
    ];
    for (const pieces of everySplit(stream)) expect(requestsOf(pieces)).toEqual(expected);
  });

  it.each([
    ['001fffffffffffff', Number.MAX_SAFE_INTEGER],
    ['0020000000000000', Number.MAX_SAFE_INTEGER],
    ['ffffffffffffffff', Number.MAX_SAFE_INTEGER],
    ['001ffffffffffffe', Number.MAX_SAFE_INTEGER - 1],
    ['0000000100000000', 2 ** 32],
  ])('at offset 0x%s are past the end of everything, or where they say', (offset, expected) => {
    const [request] = requestsOf([hex('25609513 0000 0000 0000000000000000', offset, '00000001')]);
    expect(request?.offset).toBe(expected);
  });
});

describe('a payload', () => {
  it('is a view where it lies in the chunk as a whole', () => {
    const parser = new RequestParser(MAXIMUM);
    const chunk = Buffer.concat([write(4096), Buffer.alloc(4096, 1), write(4096), Buffer.alloc(4096, 2)]);
    parser.push(chunk);
    const [first, second] = [parser.next()?.payload, parser.next()?.payload];
    expect([first?.buffer, first?.byteOffset]).toEqual([chunk.buffer, chunk.byteOffset + 28]);
    expect([second?.buffer, second?.byteOffset]).toEqual([chunk.buffer, chunk.byteOffset + 28 + 4096 + 28]);
  });

  it('that was collected holds until the next push, though another is begun', () => {
    const parser = new RequestParser(MAXIMUM);
    parser.push(Buffer.concat([write(100), Buffer.alloc(50, 1)]));
    expect(parser.next()).toBeUndefined();
    parser.push(Buffer.concat([Buffer.alloc(50, 1), write(100), Buffer.alloc(50, 2)]));
    const first = parser.next()?.payload;
    expect(parser.next()).toBeUndefined();
    expect(first).toEqual(Buffer.alloc(100, 1));
    parser.push(Buffer.concat([Buffer.alloc(50, 2), write(70_000), Buffer.alloc(50, 3)]));
    const second = parser.next()?.payload;
    expect(parser.next()).toBeUndefined();
    expect(second).toEqual(Buffer.alloc(100, 2));
  });

  it('is collected in memory that is used again', () => {
    const parser = new RequestParser(MAXIMUM);
    const memories = new Set<ArrayBufferLike | undefined>();
    for (let sent = 0; sent < 20; sent++) {
      parser.push(write(1024 * 1024));
      expect(parser.next()).toBeUndefined();
      parser.push(Buffer.alloc(1024 * 1024, sent));
      memories.add(parser.next()?.payload?.buffer);
    }
    expect(memories.size).toBe(1);
  });

  it('may be read straight into its place', () => {
    const parser = new RequestParser(MAXIMUM);
    const payload = Buffer.from(Array.from({ length: 200_000 }, (_, at) => at % 251));
    expect(parser.target()).toBeUndefined();
    parser.push(Buffer.concat([write(payload.length), payload.subarray(0, 1000)]));
    expect(parser.next()).toBeUndefined();
    for (let at = 1000; ; at += 60_000) {
      const target = parser.target();
      if (target === undefined) {
        // Less than 64 KiB are missing: those come with what is behind them.
        expect(payload.length - at).toBeLessThan(65_536);
        parser.push(Buffer.concat([payload.subarray(at), write(0)]));
        break;
      }
      expect(target.length).toBe(payload.length - at);
      payload.copy(target, 0, at, at + 60_000);
      parser.filled(60_000);
      expect(parser.next()).toBeUndefined();
    }
    expect(parser.next()?.payload?.equals(payload)).toBe(true);
    expect(parser.next()).toMatchObject({ command: Command.write, length: 0 });
  });

  it('is complete when its target is full', () => {
    const parser = new RequestParser(MAXIMUM);
    parser.push(write(65_536));
    expect(parser.next()).toBeUndefined();
    parser.target()?.fill(9);
    parser.filled(65_536);
    expect(parser.target()).toBeUndefined();
    expect(parser.next()?.payload?.equals(Buffer.alloc(65_536, 9))).toBe(true);
    expect(parser.next()).toBeUndefined();
  });

  it('that comes while requests of the last chunk are left does not disturb them', () => {
    const parser = new RequestParser(MAXIMUM);
    parser.push(Buffer.concat([write(3), hex('010203'), write(2), hex('04')]));
    expect(parser.next()?.payload).toEqual(hex('010203'));
    parser.push(Buffer.concat([hex('05'), write(1)]));
    expect(parser.next()?.payload).toEqual(hex('0405'));
    expect(parser.next()).toBeUndefined();
    parser.push(hex('06'));
    expect(parser.next()?.payload).toEqual(hex('06'));
  });
});

describe('what ends a session', () => {
  it('another magic', () => {
    const stream = hex('25609514 0000 0000 0000000000000000 0000000000000000 00000000');
    expect(protocolErrorOf(() => requestsOf([stream]))).toBe('request magic 0x25609514, not 0x25609513');
  });

  it('nbdRequestBytes: a payload beyond it, before any of it has come', () => {
    const longest = write(LIMITS.nbdRequestBytes);
    expect(requestsOf([longest, Buffer.alloc(LIMITS.nbdRequestBytes)])).toHaveLength(1);
    const message = 'a write of 33554433 bytes; at most 33554432 are accepted';
    expect(protocolErrorOf(() => requestsOf([write(LIMITS.nbdRequestBytes + 1)]))).toBe(message);
  });
});
