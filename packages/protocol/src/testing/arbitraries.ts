/** Valid frames of every kind, at random, for fast-check. */
import fc from 'fast-check';
import { type FrameName, Held } from '../frameType.js';
import type { FrameHeaders } from '../headers.js';
import { LIMITS } from '../limits.js';
import { lz4Payload, type Sample } from './samples.js';

export type AnyFrame = Omit<Sample, 'name'>;

const count = fc.maxSafeNat();
const uint32 = fc.nat(2 ** 32 - 1);
const number = fc.double({ noNaN: true, noDefaultInfinity: true });
const text = fc.string({ unit: 'binary', maxLength: 40 });
const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const image = fc.nat(LIMITS.images - 1);
const lanes = fc.integer({ min: 1, max: LIMITS.lanes });
const epochs = fc.array(count, { maxLength: 5 });
const round = uint32;
const seq = count;
const migrationId = text;
const durationMs = number;
const address = { apiHost: text, apiPort: fc.nat(65_535), apiScheme: text };
const offset = fc.nat(2 ** 52);
/** Beyond one page of the socket now and then, mostly small, so that a run stays short. */
const payloadBytes = fc.oneof(
  { weight: 9, arbitrary: fc.integer({ min: 5, max: 300 }) },
  fc.constantFrom(65_536, 2 ** 20),
);

const imageOffer = fc.record({
  name,
  kind: fc.constantFrom('disk', 'memory'),
  sizeBytes: fc.nat(2 ** 42),
  blockBytes: fc.constantFrom(4096, 65_536, 2 ** 20),
  allocatedBytes: count,
  epoch: count,
});
const images = fc.uniqueArray(imageOffer, { minLength: 1, maxLength: 5, selector: (offer) => offer.name });
const rawExtent = fc.record({ seq, round, image, offset, hashLow: uint32, hashHigh: uint32 });
const progressBytes = { total: count, transferred: count, remaining: count, duplicate: count, normal: count };
const progressRates = { percent: number, etaMs: number, mbps: number, dirtyBytesPerSec: number };
const roundBytes = { bytes: count, zeroBytes: count, wireBytes: count, dirtiedBytes: count };
const rangeOf = (maximum: number) => ({ seq, image, offset, length: fc.integer({ min: 1, max: maximum }) });

function plain<N extends FrameName>(type: N, header: fc.Arbitrary<FrameHeaders[N]>): fc.Arbitrary<AnyFrame> {
  return header.map((made) => ({ type, header: made, payload: Buffer.alloc(0) }));
}

function payloadOf(bytes: number, seed: number): Buffer {
  return Buffer.alloc(bytes, Buffer.from([seed, seed + 1, seed + 2]));
}

const extent = fc.tuple(rawExtent, payloadBytes, fc.boolean(), fc.nat(253)).map(([header, bytes, isRaw, seed]) => {
  const rawBytes = isRaw ? bytes : Math.min(bytes * 2, LIMITS.extentBytes);
  const payload = isRaw ? payloadOf(bytes, seed) : lz4Payload(rawBytes, bytes);
  return { type: 'Extent' as const, header: { ...header, rawBytes, encoding: isRaw ? 1 : 2 }, payload };
});
const check = fc
  .tuple(fc.record(rangeOf(LIMITS.extentBytes)), fc.integer({ min: 1, max: LIMITS.checkBlocks }), fc.nat(253))
  .map(([header, blocks, seed]) => ({ type: 'Check' as const, header, payload: payloadOf(blocks * 8, seed) }));

export const anyFrame: fc.Arbitrary<AnyFrame> = fc.oneof(
  { weight: 8, arbitrary: extent },
  { weight: 3, arbitrary: check },
  plain('Zero', fc.record({ ...rangeOf(LIMITS.zeroRangeBytes), round })),
  plain('CheckZero', fc.record(rangeOf(LIMITS.zeroRangeBytes))),
  plain('Ack', fc.record({ seq })),
  plain('Nack', fc.record({ seq, code: text })),
  plain('CheckResult', fc.record({ seq, blocks: fc.array(uint32, { minLength: 1, maxLength: 20 }) })),
  plain(
    'Hello',
    fc.record({
      agentVersion: text,
      token: text,
      migrationId,
      sessionKey: text,
      lane: fc.nat(15),
      heartbeatMs: uint32,
    }),
  ),
  plain(
    'HelloAck',
    fc.record({
      version: fc.integer({ min: 1, max: 2 }),
      agentVersion: text,
      windowBytes: fc.nat(LIMITS.windowBytes),
      heartbeatMs: uint32,
    }),
  ),
  plain('Failure', fc.record({ code: text, message: text, detail: text })),
  plain('Heartbeat', fc.record({ sentAtMs: number, echoMs: number })),
  plain(
    'Offer',
    fc.record({
      migrationId,
      images,
      mode: fc.constantFrom('live', 'cold'),
      verify: fc.constantFrom('full', 'wire'),
      lanes,
      sourceId: text,
      attempt: uint32,
      patienceMs: fc.nat(LIMITS.patienceMs),
      seed: fc.boolean(),
      workload: text,
      document: text,
    }),
  ),
  plain(
    'Accept',
    fc.record({
      sessionKey: text,
      lanes,
      ...address,
      copies: fc.array(fc.record({ copy: text, held: fc.constantFrom(...Object.values(Held)) }), { maxLength: 4 }),
      workload: text,
    }),
  ),
  plain(
    'Progress',
    fc.record({
      state: text,
      phase: text,
      ...progressBytes,
      wireBytes: count,
      resent: count,
      ...progressRates,
      expectedDowntimeMs: number,
    }),
  ),
  plain('RoundEnd', fc.record({ round, blocks: count, ...roundBytes, durationMs, mbps: number })),
  plain('RoundSynced', fc.record({ round, durationMs })),
  plain('Prepare', fc.record({ verifiedBlocks: count, verifiedBytes: count, mismatches: count })),
  plain('Prepared', fc.record({ durationMs })),
  plain('Commit', fc.record({ migrationId, epochs })),
  plain('Taken', fc.record({ durationMs, epochs })),
  plain(
    'Released',
    fc.record({
      totalMs: number,
      drainMs: number,
      finalRoundMs: number,
      verifyMs: number,
      persistMs: number,
      takeoverMs: number,
    }),
  ),
  plain('HookResult', fc.record({ hook: text, error: text })),
  plain('Cancel', fc.record({ code: text, reason: text })),
  plain('Cancelled', fc.record({})),
  plain(
    'Resolve',
    fc.uniqueArray(name, { minLength: 1, maxLength: 5 }).chain((names) =>
      fc.record({
        migrationId,
        names: fc.constant(names),
        epochs: fc.array(count, { minLength: names.length, maxLength: names.length }),
      }),
    ),
  ),
  plain('Survey', fc.record({ workload: text, document: text })),
  plain('Findings', fc.record({ document: text })),
  plain('Outcome', fc.record({ state: text, epochs, ...address })),
);
