import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeClientFlags, encodeInfoRequest, encodeMetaContextRequest, encodeOption } from './clientCodec.js';
import { parseInfoRequest, parseMetaContextRequest } from './optionData.js';
import {
  blockStatusBytes,
  blockStatusChunk,
  doneChunk,
  errorOffsetChunk,
  OFFSET_DATA_HEAD_BYTES,
  OFFSET_HOLE_BYTES,
  offsetDataHead,
  offsetHoleChunk,
  SMALL_REPLY_BYTES_MAXIMUM,
} from './replies.js';
import type { Reply } from './replyParser.js';
import { anyOption, anyRequest, bytesOfRequest } from './testing/arbitraries.js';
import { anyCuts, cutsOf, optionsOf, piecesOf, repliesOf, requestsOf } from './testing/streams.js';

const RUNS = { numRuns: 500 };
const uint32 = fc.nat(0xffff_ffff);
/** Short enough that no error with it is cut, which replies.test.ts looks at. */
const name = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !text.includes('\0'));

/** A chunk of a structured reply, and what it is to be read as. */
const anyChunk = fc.record({ cookieHigh: uint32, cookieLow: uint32 }).chain((cookie) => {
  const offset = fc.maxSafeNat();
  return fc
    .oneof(
      fc.record({ kind: fc.constant('data' as const), offset, data: fc.uint8Array({ minLength: 1, maxLength: 200 }) }),
      fc.record({ kind: fc.constant('hole' as const), offset, length: uint32 }),
      fc.record({
        kind: fc.constant('status' as const),
        contextId: uint32,
        extents: fc.array(fc.record({ length: fc.integer({ min: 1, max: 0xffff_ffff }), flags: uint32 }), {
          minLength: 1,
          maxLength: 20,
        }),
      }),
      fc.record({
        kind: fc.constant('error' as const),
        errno: fc.integer({ min: 1, max: 200 }),
        message: name,
        offset,
      }),
      fc.record({ kind: fc.constant('none' as const) }),
    )
    .map((chunk) => ({ ...chunk, ...cookie }));
});
type AnyChunk = typeof anyChunk extends fc.Arbitrary<infer T> ? T : never;

function bytesOfChunk(chunk: AnyChunk): Buffer {
  switch (chunk.kind) {
    case 'data': {
      const head = Buffer.alloc(OFFSET_DATA_HEAD_BYTES);
      offsetDataHead(head, 0, 0, chunk, chunk.offset, chunk.data.length);
      return Buffer.concat([head, chunk.data]);
    }
    case 'hole': {
      const bytes = Buffer.alloc(OFFSET_HOLE_BYTES);
      offsetHoleChunk(bytes, 0, 0, chunk, chunk.offset, chunk.length);
      return bytes;
    }
    case 'status': {
      const bytes = Buffer.alloc(blockStatusBytes(chunk.extents.length));
      blockStatusChunk(bytes, 0, 0, chunk, chunk.contextId, chunk.extents);
      return bytes;
    }
    case 'error': {
      const bytes = Buffer.alloc(SMALL_REPLY_BYTES_MAXIMUM);
      return bytes.subarray(0, errorOffsetChunk(bytes, 0, 0, chunk, chunk.errno, chunk.message, chunk.offset));
    }
    case 'none': {
      const bytes = Buffer.alloc(20);
      doneChunk(bytes, 0, chunk);
      return bytes;
    }
  }
}

function expectedOf(chunk: AnyChunk): Reply {
  if (chunk.kind === 'none') return { ...chunk, done: true };
  if (chunk.kind === 'data') return { ...chunk, done: false, data: Buffer.from(chunk.data) };
  return { ...chunk, done: false };
}

describe('what was encoded, in any pieces', () => {
  it('requests come out as they went in', () => {
    const property = fc.property(fc.array(anyRequest, { maxLength: 20 }), anyCuts, (requests, places) => {
      const stream = Buffer.concat(requests.map(bytesOfRequest));
      expect(requestsOf(piecesOf(stream, cutsOf(places, stream.length)))).toEqual(requests);
    });
    fc.assert(property, RUNS);
  });

  it('options come out as they went in', () => {
    const property = fc.property(fc.array(anyOption, { maxLength: 20 }), anyCuts, (options, places) => {
      const encoded = options.map(([option, data]) => encodeOption(option, data));
      const stream = Buffer.concat([encodeClientFlags(3), ...encoded]);
      const { frames, rest } = optionsOf(piecesOf(stream, cutsOf(places, stream.length)));
      expect(frames).toEqual(options.map(([option, data]) => ({ option, data, tooBig: false })));
      expect(rest).toHaveLength(0);
    });
    fc.assert(property, RUNS);
  });

  it('replies come out as they went in', () => {
    const property = fc.property(fc.array(anyChunk, { maxLength: 12 }), anyCuts, (chunks, places) => {
      const stream = Buffer.concat(chunks.map(bytesOfChunk));
      expect(repliesOf(piecesOf(stream, cutsOf(places, stream.length)))).toEqual(chunks.map(expectedOf));
    });
    fc.assert(property, RUNS);
  });

  it('data of options comes out as it went in', () => {
    const infos = fc.property(name, fc.array(fc.nat(0xffff), { maxLength: 20 }), (of, asked) => {
      expect(parseInfoRequest(encodeInfoRequest(of, asked))).toEqual({ name: of, infos: new Set(asked) });
    });
    fc.assert(infos, RUNS);
    const contexts = fc.property(name, fc.array(name, { maxLength: 20 }), (of, queries) => {
      const parsed = parseMetaContextRequest(encodeMetaContextRequest(of, queries));
      expect(parsed).toEqual({ name: of, queries: new Set(queries) });
    });
    fc.assert(contexts, RUNS);
  });
});
