/** Fuzzers of what is read from a socket, without one: the protocol of migrations, and NBD. */
import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { GodwitError } from '../../../packages/errors/dist/index.js';
import { Negotiation } from '../../../packages/nbd/dist/codec/negotiation.js';
import { OptionParser } from '../../../packages/nbd/dist/codec/optionParser.js';
import { NbdProtocolError } from '../../../packages/nbd/dist/codec/protocolError.js';
import { ReplyParser } from '../../../packages/nbd/dist/codec/replyParser.js';
import { RequestParser } from '../../../packages/nbd/dist/codec/requestParser.js';
import { anyBytes, anyOptionStream, anyRequestStream } from '../../../packages/nbd/dist/codec/testing/arbitraries.js';
import { exportOf, exportsOf } from '../../../packages/nbd/dist/codec/testing/exports.js';
import {
  encodeFrame,
  encodePreamble,
  FRAME_HEAD_BYTES,
  FrameParser,
  LIMITS,
} from '../../../packages/protocol/dist/index.js';
import { ALL_FRAMES } from '../../../packages/protocol/dist/testing/collect.js';
import { forge, forgeBytes } from '../../../packages/protocol/dist/testing/forge.js';
import { SAMPLES, wireBytesOf } from '../../../packages/protocol/dist/testing/samples.js';
import { HelloReader } from '../../../packages/transport/dist/helloReader.js';
import { anyDamages, damaged } from './damage.js';
import { type FuzzTarget, fuzzTarget } from './fuzzTarget.js';

const HELD_BYTES = FRAME_HEAD_BYTES + LIMITS.headerBytes + LIMITS.payloadBytes;
const NBD_PAYLOAD_BYTES = 256;

/** In pieces of these sizes, over and over. */
const anyPieces = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 4 });

function* piecesOf(stream: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let at = 0, turn = 0; at < stream.length; turn++) {
    const end = at + (sizes[turn % sizes.length] ?? 1);
    yield stream.subarray(at, end);
    at = end;
  }
}

/** `refused` for a named refusal of the protocol; anything else is thrown on. */
function orRefused(thrown: unknown): string {
  if (thrown instanceof GodwitError && /^E_(PROTOCOL|DAMAGED|NOT_GODWIT|VERSION)$/.test(thrown.code)) return 'refused';
  if (thrown instanceof NbdProtocolError) return 'refused';
  throw thrown;
}

function parse(stream: Buffer, sizes: readonly number[]): string {
  let frames = 0;
  const parser = new FrameParser({
    accepts: ALL_FRAMES,
    onFrame: ({ type, header, payload }) => {
      frames += 1;
      // What is let through could have been sent: both sides judge alike.
      encodeFrame(type, header, payload.length);
    },
  });
  try {
    for (const piece of piecesOf(stream, sizes)) {
      parser.push(piece);
      assert(parser.bufferedBytes <= HELD_BYTES, `${parser.bufferedBytes} bytes are held`);
    }
  } catch (thrown) {
    assert.equal(parser.bufferedBytes, 0, 'a dead parser holds bytes');
    return orRefused(thrown);
  }
  return frames > 0 ? 'frames' : 'waiting';
}

/** With checks, and without, which would keep all but a few from being looked at. */
const CHECKED = SAMPLES.map(wireBytesOf);
const FORGED = SAMPLES.map(({ type, header, payload }) => forge(type, header, payload));
const anyFrames = fc
  .array(fc.constantFrom(...CHECKED, ...FORGED, ...FORGED), { minLength: 1, maxLength: 5 })
  .map((frames) => Buffer.concat(frames));

const frames: readonly FuzzTarget[] = [
  fuzzTarget({
    name: 'frames-damaged',
    inputs: 4000,
    share: 300,
    arbitrary: fc.tuple(anyFrames, anyDamages(4), anyPieces),
    expected: ['frames', 'refused', 'waiting'],
    open: async () => ({ tryOne: ([stream, damages, sizes]) => parse(damaged(stream, damages), sizes) }),
  }),
  fuzzTarget({
    name: 'frames-raw',
    inputs: 3000,
    share: 100,
    arbitrary: fc.tuple(fc.uint8Array({ maxLength: 200 }), anyPieces),
    expected: ['refused', 'waiting'],
    open: async () => ({ tryOne: ([bytes, sizes]) => parse(Buffer.from(bytes), sizes) }),
  }),
  fuzzTarget({
    name: 'headers',
    inputs: 4000,
    share: 150,
    arbitrary: fc.tuple(fc.constantFrom(...ALL_FRAMES), fc.uint8Array({ maxLength: 60 }), fc.nat(20), anyPieces),
    expected: ['frames', 'refused'],
    open: async () => ({
      tryOne: ([type, header, payloadBytes, sizes]) =>
        parse(forgeBytes(type, header, Buffer.alloc(payloadBytes)), sizes),
    }),
  }),
  fuzzTarget({
    name: 'hello',
    inputs: 3000,
    share: 100,
    arbitrary: fc.tuple(anyDamages(2), anyPieces, fc.constantFrom('control', 'lane')),
    expected: ['greeted', 'refused', 'waiting'],
    open: async () => ({
      tryOne: ([damages, sizes, role]) => {
        const hello = { agentVersion: 'a', token: 't', migrationId: 'm', sessionKey: 'k', lane: 1, heartbeatMs: 1 };
        const stream = Buffer.concat([encodePreamble(role), encodeFrame('Hello', hello)]);
        const reader = new HelloReader();
        try {
          let greeted: unknown;
          for (const piece of piecesOf(damaged(stream, damages), sizes)) greeted = reader.push(piece);
          return greeted === undefined ? 'waiting' : 'greeted';
        } catch (thrown) {
          return orRefused(thrown);
        }
      },
    }),
  }),
];

/** All that comes out of a parser of NBD. */
function drain(
  parser: { push(chunk: Uint8Array): void; next(): object | undefined },
  stream: Buffer,
  sizes: readonly number[],
): string {
  let found = 0;
  try {
    for (const piece of piecesOf(stream, sizes)) {
      parser.push(piece);
      while (parser.next() !== undefined) found += 1;
    }
  } catch (thrown) {
    return orRefused(thrown);
  }
  return found > 0 ? 'messages' : 'waiting';
}

/** Until there are no more options, or a step is more than a reply. */
async function answerAll(parser: OptionParser, negotiation: Negotiation): Promise<string> {
  for (let option = parser.next(); option !== undefined; option = parser.next()) {
    assert(option.data.length <= LIMITS.nbdOptionBytes, 'the data of an option is too long');
    const { type } = await negotiation.step(option);
    if (type !== 'reply') return type;
  }
  return 'reply';
}

async function negotiate(stream: Buffer, sizes: readonly number[]): Promise<string> {
  const negotiation = new Negotiation(exportsOf(exportOf('disk0'), exportOf('disk1')), { tls: 'off' });
  const parser = new OptionParser();
  try {
    for (const piece of piecesOf(stream, sizes)) {
      parser.push(piece);
      if (parser.clientFlags !== undefined) negotiation.clientFlags(parser.clientFlags);
      const end = await answerAll(parser, negotiation);
      if (end !== 'reply') return end;
    }
  } catch (thrown) {
    return orRefused(thrown);
  }
  return 'waiting';
}

const anyReplies = fc
  .array(
    fc.tuple(
      fc.constantFrom('67446698', '668e33ef0000', '668e33ef0001'),
      fc.constantFrom('0000', '0001', '0002', '0005', '8001', '8002', '8003', '0007'),
      fc.uint8Array({ minLength: 8, maxLength: 8 }),
      fc.uint8Array({ maxLength: 30 }),
    ),
    { minLength: 1, maxLength: 6 },
  )
  .map((replies) =>
    Buffer.concat(
      replies.map(([magic, type, cookie, payload]) =>
        Buffer.concat([Buffer.from(magic + type, 'hex'), cookie, Buffer.from([0, 0, 0, payload.length]), payload]),
      ),
    ),
  );
const FLAGS = Buffer.from([0, 0, 0, 3]);

const nbd: readonly FuzzTarget[] = [
  fuzzTarget({
    name: 'nbd-options',
    inputs: 2000,
    share: 80,
    arbitrary: fc.tuple(fc.oneof(anyOptionStream, anyBytes), anyDamages(3), anyPieces),
    expected: ['refused', 'transmission', 'waiting'],
    open: async () => ({
      tryOne: ([stream, damages, sizes]) => negotiate(Buffer.concat([FLAGS, damaged(stream, damages)]), sizes),
    }),
  }),
  fuzzTarget({
    name: 'nbd-requests',
    inputs: 2000,
    share: 80,
    arbitrary: fc.tuple(fc.oneof(anyRequestStream, anyBytes), anyDamages(3), anyPieces),
    expected: ['messages', 'refused'],
    open: async () => ({
      tryOne: ([stream, damages, sizes]) =>
        drain(new RequestParser({ maximumPayload: NBD_PAYLOAD_BYTES }), damaged(stream, damages), sizes),
    }),
  }),
  fuzzTarget({
    name: 'nbd-replies',
    inputs: 2000,
    share: 80,
    arbitrary: fc.tuple(anyReplies, anyDamages(3), anyPieces),
    expected: ['messages', 'refused'],
    open: async () => ({
      tryOne: ([stream, damages, sizes]) => {
        const limits = { maximumPayload: NBD_PAYLOAD_BYTES, simpleDataBytes: () => 5 };
        return drain(new ReplyParser(limits), damaged(stream, damages), sizes);
      },
    }),
  }),
];

export const STREAM_TARGETS: readonly FuzzTarget[] = [...frames, ...nbd];
