import { describe, expect, it } from 'vitest';
import { encodeFrame } from './encodeFrame.js';
import type { FrameName } from './frameType.js';
import type { FrameHeaders } from './headers.js';
import { LIMITS } from './limits.js';
import { framesOf, thrownBy } from './testing/collect.js';
import { forge, forgeBytes } from './testing/forge.js';
import { DISK, EXTENT, lz4Payload, OFFER, SAMPLES, wireBytesOf } from './testing/samples.js';

type Refused = readonly [what: string, frame: Buffer, problem: string | RegExp];

function refused<N extends FrameName>(
  problem: string | RegExp,
  type: N,
  header: FrameHeaders[N],
  payload?: Buffer,
): Refused {
  return [`${type}: ${problem}`, forge(type, header, payload), problem];
}

const bytes = (count: number): Buffer => Buffer.alloc(count, 1);
const CHECK = { seq: 1, image: 0, offset: 0, length: 4096 };
const ZERO = { seq: 1, round: 1, image: 0, offset: 0, length: 4096 };
const ROUND = { round: 1, blocks: 1, bytes: 1, zeroBytes: 1, wireBytes: 1, durationMs: 1, dirtiedBytes: 1, mbps: 1 };
const RESOLVE = { migrationId: 'm', names: ['a', 'b'], epochs: [1, 2] };
const offerOf = (image: object): FrameHeaders['Offer'] => ({ ...OFFER, images: [{ ...DISK, ...image }] });

const REFUSED: readonly Refused[] = [
  ...[-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53].map((seq) => refused(/^Ack: seq is/, 'Ack', { seq })),
  refused(/offset is -1/, 'Extent', { ...EXTENT, offset: -1 }, bytes(16)),
  refused(/length is 0,/, 'Extent', { ...EXTENT, rawBytes: 0, encoding: 2 }, lz4Payload(0, 9)),
  refused('Extent: a raw payload of 15 bytes for 16', 'Extent', EXTENT, bytes(15)),
  refused('Extent: a raw payload of 0 bytes for 16', 'Extent', EXTENT),
  refused('Extent: encoding 0 is unknown', 'Extent', { ...EXTENT, encoding: 0 }, bytes(16)),
  refused('Extent: encoding 3 is unknown', 'Extent', { ...EXTENT, encoding: 3 }, bytes(16)),
  refused(/the lz4 payload is 4,/, 'Extent', { ...EXTENT, encoding: 2 }, lz4Payload(16, 4)),
  refused(/length is 0,/, 'Zero', { ...ZERO, length: 0 }),
  refused(/offset is 1.5,/, 'Zero', { ...ZERO, offset: 1.5 }),
  refused(/image is 64,/, 'Zero', { ...ZERO, image: 64 }),
  refused(/length is 1.5,/, 'CheckZero', { ...ZERO, length: 1.5 }),
  refused(/number of digests is 0,/, 'Check', CHECK),
  refused(/number of digests is 0.5,/, 'Check', CHECK, bytes(4)),
  refused(/number of digests is 1.125,/, 'Check', CHECK, bytes(9)),
  refused(/length is 0,/, 'Check', { ...CHECK, length: 0 }, bytes(8)),
  refused('CheckResult: blocks has 0 items, not 1 to 256', 'CheckResult', { seq: 1, blocks: [] }),
  refused('Offer: images has 0 items, not 1 to 64', 'Offer', { ...OFFER, images: [] }),
  refused('Offer: images names an image twice', 'Offer', { ...OFFER, images: [DISK, DISK] }),
  ...['', '../etc', 'a/b', 'a.img', 'ä', 'a\n'].map((name) =>
    refused(/images.name is no image name/, 'Offer', offerOf({ name })),
  ),
  refused(/images.sizeBytes is -1/, 'Offer', offerOf({ sizeBytes: -1 })),
  refused('Offer: images.blockBytes 5000 is no power of two', 'Offer', offerOf({ blockBytes: 5000 })),
  refused(/images.allocatedBytes is NaN/, 'Offer', offerOf({ allocatedBytes: Number.NaN })),
  refused(/images.epoch is 0.5/, 'Offer', offerOf({ epoch: 0.5 })),
  refused(/kind is none of disk, memory/, 'Offer', offerOf({ kind: 'tape' })),
  refused(/lanes is 0,/, 'Offer', { ...OFFER, lanes: 0 }),
  refused(/version is 3,/, 'HelloAck', { version: 3, agentVersion: '', windowBytes: 0, heartbeatMs: 0 }),
  refused(/windowBytes is -1,/, 'HelloAck', { version: 2, agentVersion: '', windowBytes: -1, heartbeatMs: 0 }),
  refused(/apiPort is 65536,/, 'Accept', {
    sessionKey: '',
    lanes: 1,
    apiHost: '',
    apiPort: 65_536,
    apiScheme: '',
    copies: [],
    workload: '',
  }),
  refused(/dirtiedBytes is -5,/, 'RoundEnd', { ...ROUND, dirtiedBytes: -5 }),
  refused(/durationMs is Infinity,/, 'RoundEnd', { ...ROUND, durationMs: Number.POSITIVE_INFINITY }),
  refused(/mbps is NaN,/, 'RoundEnd', { ...ROUND, mbps: Number.NaN }),
  refused(/epochs is -1,/, 'Taken', { durationMs: 1, epochs: [3, -1] }),
  refused('Resolve: names names an image twice', 'Resolve', { ...RESOLVE, names: ['a', 'a'] }),
  refused('Resolve: epochs has 1 items, not 2 to 2', 'Resolve', { ...RESOLVE, epochs: [1] }),
  refused('Resolve: names has 0 items, not 1 to 64', 'Resolve', { ...RESOLVE, names: [], epochs: [] }),
  ['Offer: an unknown mode', forgeBytes('Offer', Buffer.from('1a0477617270', 'hex')), /mode is none of live, cold/],
  [
    'Offer: an unknown verify',
    forgeBytes('Offer', Buffer.from('1a046c6976652203616c6c', 'hex')),
    /verify is none of full, wire/,
  ],
];

describe('header values', () => {
  it.each(REFUSED)('refuses %s', (_, frame, problem) => {
    const thrown = thrownBy(() => framesOf(frame));
    const expected: unknown = typeof problem === 'string' ? problem : expect.stringMatching(problem);
    expect(thrown).toMatchObject({ name: 'GodwitError', code: 'E_PROTOCOL', parameters: { problem: expected } });
  });

  it('takes negative etaMs and expectedDowntimeMs, which mean unknown', () => {
    const progress = SAMPLES.filter((sample) => sample.type === 'Progress');
    expect(progress.map(wireBytesOf).flatMap((frame) => framesOf(frame))).toMatchObject([
      { header: { etaMs: -1, expectedDowntimeMs: -1 } },
    ]);
  });
});

describe('what encodeFrame does with headers of our own', () => {
  it('cuts error text, and lets no half character through', () => {
    const long = `${'x'.repeat(LIMITS.textCharacters - 1)}🪿 and more`;
    const cut = `${'x'.repeat(LIMITS.textCharacters - 1)}\ufffd`;
    const frames = [
      encodeFrame('Failure', { code: 'E_IO', message: long, detail: long }),
      encodeFrame('HookResult', { hook: 'h', error: long }),
      encodeFrame('Cancel', { code: 'E_CANCELLED', reason: long }),
    ];
    expect(framesOf(Buffer.concat(frames)).map((frame) => frame.header)).toEqual([
      { code: 'E_IO', message: cut, detail: cut },
      { hook: 'h', error: cut },
      { code: 'E_CANCELLED', reason: cut },
    ]);
  });

  it('takes error text of the widest characters', () => {
    const wide = '字'.repeat(LIMITS.textCharacters);
    const frame = encodeFrame('Failure', { code: 'E_IO', message: wide, detail: wide });
    expect(framesOf(frame)).toMatchObject([{ header: { message: wide, detail: wide } }]);
  });

  it('asserts on a bigint, which protobufjs would write as 0', () => {
    const header = Object.assign({ seq: 12 }, { seq: 12n });
    expect(thrownBy(() => encodeFrame('Ack', header))).toMatchObject({ name: 'AssertionError' });
  });

  it('asserts on a number that a 32-bit field would cut', () => {
    const header = { ...EXTENT, hashLow: 2 ** 32 };
    expect(thrownBy(() => encodeFrame('Extent', header, 16))).toMatchObject({ name: 'AssertionError' });
    expect(thrownBy(() => encodeFrame('Extent', { ...EXTENT, hashLow: -1 }, 16))).toMatchObject({
      name: 'AssertionError',
    });
  });

  it('asserts on a payload where none belongs', () => {
    expect(thrownBy(() => encodeFrame('Ack', { seq: 1 }, 1))).toMatchObject({ name: 'AssertionError' });
  });
});
