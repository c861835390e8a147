import { LIMITS } from '@godwit/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeClientFlags } from './clientCodec.js';
import { Negotiation, type NegotiationStep } from './negotiation.js';
import { OptionParser } from './optionParser.js';
import { NbdProtocolError } from './protocolError.js';
import { RequestParser } from './requestParser.js';
import { anyBytes, anyOptionStream, anyRequestStream, mutated } from './testing/arbitraries.js';
import { exportOf, exportsOf } from './testing/exports.js';
import { anyCuts, cutsOf, piecesOf, protocolErrorOf, repliesOf } from './testing/streams.js';

/** Some seconds in all; each stream takes a fraction of a millisecond. */
const RUNS = { numRuns: 3000 };
/** Small, so that streams of some hundred bytes go beyond it. */
const MAXIMUM_PAYLOAD = 256;
/** Magic, option, type and length of a reply to an option. */
const REPLY_HEAD_BYTES = 20;

/** What becomes of a client that sends this: the type of the last step, 'protocol-error', or 'waiting' for more. */
async function negotiate(pieces: readonly Buffer[], tls: 'off' | 'allow' | 'require'): Promise<string> {
  const negotiation = new Negotiation(exportsOf(exportOf('disk0'), exportOf('disk1')), { tls });
  let parser = new OptionParser();
  try {
    for (const piece of pieces) {
      parser.push(piece);
      if (parser.clientFlags !== undefined) negotiation.clientFlags(parser.clientFlags);
      let type = await answer(parser, negotiation);
      while (type === 'start-tls') {
        negotiation.tlsEstablished();
        // As though what follows were inside.
        const inside = new OptionParser('options');
        inside.push(parser.rest());
        parser = inside;
        type = await answer(parser, negotiation);
      }
      if (type !== 'reply') return type;
    }
    return 'waiting';
  } catch (error) {
    if (error instanceof NbdProtocolError) return 'protocol-error';
    throw error;
  }
}

/** Answers options until there are no more, or a step is more than a reply. */
async function answer(parser: OptionParser, negotiation: Negotiation): Promise<NegotiationStep['type']> {
  for (let frame = parser.next(); frame !== undefined; frame = parser.next()) {
    expect(frame.data.length).toBeLessThanOrEqual(LIMITS.nbdOptionBytes);
    const { type, bytes } = await negotiation.step(frame);
    if (type === 'reply' || type === 'start-tls') expectReplies(bytes, frame.option);
    if (type !== 'reply') return type;
  }
  return 'reply';
}

/** Whole replies to that option, the last of which ends it: an acknowledgement or an error. */
function expectReplies(bytes: Buffer, option: number): void {
  let type = 0;
  let at = 0;
  for (; at < bytes.length; at += REPLY_HEAD_BYTES + bytes.readUInt32BE(at + 16)) {
    expect(bytes.toString('hex', at, at + 8)).toBe('0003e889045565a9');
    expect(bytes.readUInt32BE(at + 8)).toBe(option);
    type = bytes.readUInt32BE(at + 12);
  }
  expect(at).toBe(bytes.length);
  expect(type === 1 || type > 2 ** 31).toBe(true);
}

/** Requests found, or the error. */
function parseRequests(pieces: readonly Buffer[]): number | undefined {
  let found = 0;
  const parser = new RequestParser({ maximumPayload: MAXIMUM_PAYLOAD });
  const message = protocolErrorOf(() => {
    for (const piece of pieces) {
      parser.push(piece);
      for (let request = parser.next(); request !== undefined; request = parser.next()) {
        found++;
        expect(request.payload?.length ?? 0).toBeLessThanOrEqual(MAXIMUM_PAYLOAD);
        expect(request.offset).toBeLessThanOrEqual(Number.MAX_SAFE_INTEGER);
      }
      expect(parser.target()).toBeUndefined();
    }
  });
  return message === undefined ? found : undefined;
}

describe('bytes that nobody meant', () => {
  const policies = fc.constantFrom('off' as const, 'allow' as const, 'require' as const);

  it('as options come to an end that is foreseen', async () => {
    const ends = new Map<string, number>();
    const flags = fc.constantFrom(0, 1, 3).map(encodeClientFlags);
    const stream = fc.tuple(flags, mutated(anyOptionStream)).map((parts) => Buffer.concat(parts));
    const property = fc.asyncProperty(
      fc.oneof({ weight: 9, arbitrary: stream }, { weight: 1, arbitrary: anyBytes }),
      anyCuts,
      policies,
      async (bytes, places, tls) => {
        const end = await negotiate(piecesOf(bytes, cutsOf(places, bytes.length)), tls);
        ends.set(end, (ends.get(end) ?? 0) + 1);
      },
    );
    await fc.assert(property, RUNS);
    // None of them is never reached, or the streams are too wild to try anything.
    expect([...ends.keys()].sort()).toEqual(['close', 'protocol-error', 'transmission', 'waiting']);
  });

  it('are split without a difference', async () => {
    const stream = mutated(anyOptionStream).map((bytes) => Buffer.concat([encodeClientFlags(3), bytes]));
    const property = fc.asyncProperty(stream, anyCuts, policies, async (bytes, places, tls) => {
      const whole = await negotiate([bytes], tls);
      expect(await negotiate(piecesOf(bytes, cutsOf(places, bytes.length)), tls)).toBe(whole);
    });
    await fc.assert(property, { numRuns: 1000 });
  });

  it('as requests are requests, or an error of the protocol, however split', () => {
    let [well, ill] = [0, 0];
    const streams = fc.oneof({ weight: 9, arbitrary: mutated(anyRequestStream) }, { weight: 1, arbitrary: anyBytes });
    const property = fc.property(streams, anyCuts, (bytes, places) => {
      const found = parseRequests(piecesOf(bytes, cutsOf(places, bytes.length)));
      expect(parseRequests([bytes])).toBe(found);
      if (found === undefined) ill++;
      else well++;
    });
    fc.assert(property, RUNS);
    expect(Math.min(well, ill)).toBeGreaterThan(RUNS.numRuns / 20);
  });

  it('as replies are replies, or an error of the protocol', () => {
    const magics = fc.constantFrom('67446698', '668e33ef0000', '668e33ef0001');
    const type = fc.constantFrom('0000', '0001', '0002', '0005', '8001', '8002', '8003', '0007');
    const anyReply = fc
      .tuple(magics, type, fc.uint8Array({ minLength: 8, maxLength: 8 }), fc.nat(30), fc.uint8Array({ maxLength: 30 }))
      .map(([magic, kind, cookie, length, payload]) =>
        Buffer.concat([Buffer.from(magic + kind, 'hex'), cookie, Buffer.from([0, 0, 0, length]), payload]),
      );
    const streams = mutated(fc.array(anyReply, { maxLength: 6 }).map((replies) => Buffer.concat(replies)));
    let well = 0;
    const property = fc.property(streams, anyCuts, (bytes, places) => {
      const pieces = piecesOf(bytes, cutsOf(places, bytes.length));
      if (protocolErrorOf(() => repliesOf(pieces, 5)) === undefined) well++;
    });
    fc.assert(property, RUNS);
    expect(well).toBeGreaterThan(RUNS.numRuns / 20);
  });
});
