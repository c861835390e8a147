import { describe, expect, it } from 'vitest';
import {
  blockStatusBytes,
  blockStatusChunk,
  chunkHead,
  doneChunk,
  ERROR_HEAD_BYTES,
  errorChunk,
  errorOffsetChunk,
  OFFSET_DATA_HEAD_BYTES,
  OFFSET_HOLE_BYTES,
  offsetDataHead,
  offsetHoleChunk,
  SMALL_REPLY_BYTES_MAXIMUM,
  simpleReply,
} from './replies.js';
import { everySplit, hex, repliesOf } from './testing/streams.js';

const COOKIE = { cookieHigh: 0x01020304, cookieLow: 0xf5f6f7f8 };
const COOKIE_HEX = '01020304f5f6f7f8';

/** What `write` puts at offset 3 of a buffer that is just long enough. */
function written(bytes: number, write: (target: Buffer, at: number) => number): Buffer {
  const target = Buffer.alloc(bytes + 3);
  expect(write(target, 3)).toBe(bytes + 3);
  return target.subarray(3);
}

const SIMPLE = `67446698 00000000 ${COOKIE_HEX}`;
const NONE = `668e33ef 0001 0000 ${COOKIE_HEX} 00000000`;
const DATA = `668e33ef 0000 0001 ${COOKIE_HEX} 0000000b 0000020000001000`;
const HOLE = `668e33ef 0001 0002 ${COOKIE_HEX} 0000000c 0000000000001000 80000000`;
const STATUS = `668e33ef 0001 0005 ${COOKIE_HEX} 00000014 00000007 00001000 00000003 fffff000 00000000`;
const ERROR = `668e33ef 0001 8001 ${COOKIE_HEX} 00000009 0000001c 0003 c3a921`;
const ERROR_OFFSET = `668e33ef 0000 8002 ${COOKIE_HEX} 00000010 00000005 0002 6e6f 0000000000001003`;

describe('replies of a server', () => {
  it('are as the specification writes them', () => {
    expect(written(16, (target, at) => simpleReply(target, at, 0, COOKIE))).toEqual(hex(SIMPLE));
    expect(written(20, (target, at) => doneChunk(target, at, COOKIE))).toEqual(hex(NONE));
    expect(written(20, (target, at) => chunkHead(target, at, 1, 0, COOKIE, 0))).toEqual(hex(NONE));
    const offset = 2 * 2 ** 40 + 4096;
    const data = (target: Buffer, at: number) => offsetDataHead(target, at, 0, COOKIE, offset, 3);
    expect(written(OFFSET_DATA_HEAD_BYTES, data)).toEqual(hex(DATA));
    const hole = (target: Buffer, at: number) => offsetHoleChunk(target, at, 1, COOKIE, 4096, 2 ** 31);
    expect(written(OFFSET_HOLE_BYTES, hole)).toEqual(hex(HOLE));
  });

  it('say the state of blocks', () => {
    const extents = [
      { length: 4096, flags: 3 },
      { length: 0xfffff000, flags: 0 },
    ];
    const status = (target: Buffer, at: number) => blockStatusChunk(target, at, 1, COOKIE, 7, extents);
    expect(written(blockStatusBytes(2), status)).toEqual(hex(STATUS));
  });

  it('say what went wrong, and where', () => {
    const error = (target: Buffer, at: number) => errorChunk(target, at, COOKIE, 28, 'é!');
    expect(written(ERROR_HEAD_BYTES + 3, error)).toEqual(hex(ERROR));
    const there = (target: Buffer, at: number) => errorOffsetChunk(target, at, 0, COOKIE, 5, 'no', 4099);
    expect(written(ERROR_HEAD_BYTES + 2 + 8, there)).toEqual(hex(ERROR_OFFSET));
  });

  it('cut the text of an error between characters so that it fits', () => {
    for (const text of ['é'.repeat(1000), `a${'é'.repeat(1000)}`]) {
      const target = Buffer.alloc(SMALL_REPLY_BYTES_MAXIMUM);
      const ends = [errorChunk(target, 0, COOKIE, 5, text), errorOffsetChunk(target, 0, 1, COOKIE, 5, text, 0)];
      const [reply] = repliesOf([target.subarray(0, ends[1])]);
      expect(reply).toMatchObject({ kind: 'error', errno: 5, message: expect.stringMatching(/^a?é+$/) });
    }
  });
});

describe('replies of another server', () => {
  it('are found however they were split', () => {
    const stream = hex(NONE, DATA, '0a0b0c', HOLE, STATUS, ERROR, ERROR_OFFSET);
    const expected = [
      { kind: 'none', done: true },
      { kind: 'data', done: false, offset: 2 * 2 ** 40 + 4096, data: hex('0a0b0c') },
      { kind: 'hole', done: true, offset: 4096, length: 2 ** 31 },
      {
        kind: 'status',
        done: true,
        contextId: 7,
        extents: [
          { length: 4096, flags: 3 },
          { length: 0xfffff000, flags: 0 },
        ],
      },
      { kind: 'error', done: true, errno: 28, message: 'é!', offset: undefined },
      { kind: 'error', done: false, errno: 5, message: 'no', offset: 4099 },
    ].map((reply) => ({ ...COOKIE, ...reply }));
    for (const pieces of everySplit(stream)) expect(repliesOf(pieces)).toEqual(expected);
  });

  it('bring the data that was asked for, unless they are errors', () => {
    const stream = hex(SIMPLE, '0a0b0c', `67446698 00000005 ${COOKIE_HEX}`, SIMPLE, '0d0e0f');
    const simple = { kind: 'simple', ...COOKIE, done: true };
    for (const pieces of everySplit(stream)) {
      expect(repliesOf(pieces, 3)).toEqual([
        { ...simple, errno: 0, data: hex('0a0b0c') },
        { ...simple, errno: 5, data: undefined },
        { ...simple, errno: 0, data: hex('0d0e0f') },
      ]);
    }
  });
});
