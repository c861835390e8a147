import { LIMITS } from '@godwit/protocol';
import { describe, expect, it } from 'vitest';
import { ReplyParser } from './replyParser.js';
import { hex, protocolErrorOf, repliesOf } from './testing/streams.js';

const COOKIE = '0000000000000001';

/** A chunk with its head: flags, type, length and payload. */
function chunk(head: string, length: string, payload = ''): Buffer {
  return hex(`668e33ef ${head} ${COOKIE} ${length} ${payload}`);
}

describe('what no server may send', () => {
  it.each([
    ['another magic', hex(`67446699 00000000 ${COOKIE}`)],
    ['an end with a payload', chunk('0001 0000', '00000001', '00')],
    ['an end that is not the last', chunk('0000 0000', '00000000')],
    ['data of no bytes', chunk('0001 0001', '00000008', '0000000000000000')],
    ['a hole without its length', chunk('0001 0002', '00000008', '0000000000000000')],
    ['status of no extent', chunk('0001 0005', '00000004', '00000001')],
    ['status of half an extent', chunk('0001 0005', '00000010', '00000001 00001000 00000000 00001000')],
    ['an extent of no bytes', chunk('0001 0005', '0000000c', '00000001 00000000 00000000')],
    ['status without end', chunk('0001 0005', '7ffffffc')],
    ['an error without number', chunk('0001 8001', '00000005', '0000000500')],
    ['an error that is none', chunk('0001 8001', '00000006', '00000000 0000')],
    ['an error with more text than payload', chunk('0001 8001', '00000007', '00000005 0002 61')],
    ['an error whose offset is cut off', chunk('0001 8002', '0000000e', '00000005 0001 61 00000000000000')],
    ['a type that nobody knows', chunk('0001 0007', '00000000')],
  ])('%s', (_, bytes) => {
    expect(protocolErrorOf(() => repliesOf([bytes]))).toBeDefined();
  });

  it('a reply to nobody', () => {
    const parser = new ReplyParser({ maximumPayload: 1, simpleDataBytes: () => undefined });
    parser.push(hex(`67446698 00000000 ${COOKIE}`));
    expect(protocolErrorOf(() => parser.next())).toBe('a reply to no request of ours');
  });

  it('nbdRequestBytes: more data than any request asked for, before any of it has come', () => {
    const data = (bytes: number) => chunk('0001 0001', (bytes + 8).toString(16).padStart(8, '0'));
    expect(repliesOf([data(LIMITS.nbdRequestBytes)])).toEqual([]);
    expect(protocolErrorOf(() => repliesOf([data(LIMITS.nbdRequestBytes + 1)]))).toMatch(/^a reply of type 1/);
  });
});

describe('a type of error that nobody knows', () => {
  it('is an error like the others', () => {
    const bytes = chunk('0001 8077', '0000000b', '00000016 0001 61 01020304');
    expect(repliesOf([bytes])).toMatchObject([
      { kind: 'error', errno: 22, message: 'a', offset: undefined, done: true },
    ]);
  });
});

describe('data that spans chunks', () => {
  it('may be read straight into its place', () => {
    const parser = new ReplyParser({ maximumPayload: 200_000, simpleDataBytes: () => 100_000 });
    parser.push(hex(`67446698 00000000 ${COOKIE} 01`));
    expect(parser.next()).toBeUndefined();
    parser.target()?.fill(1);
    parser.filled(99_999);
    const reply = parser.next();
    expect(reply?.kind === 'simple' && reply.data?.equals(Buffer.alloc(100_000, 1))).toBe(true);
  });
});
