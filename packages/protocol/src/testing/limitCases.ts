import { encodeFrame } from '../encodeFrame.js';
import { type FrameName, Held } from '../frameType.js';
import type { FrameHeaders, ImageOffer } from '../headers.js';
import { LIMITS } from '../limits.js';
import { forge } from './forge.js';
import { DISK, EXTENT, lz4Payload, MEMORY, OFFER } from './samples.js';

/** One limit and a frame that it bounds. */
export interface LimitCase {
  readonly limit: keyof typeof LIMITS;
  readonly what: string;
  /** Wire bytes at the limit and just beyond it, and the encoding of the latter by our own side. */
  readonly within: Buffer;
  readonly beyond: Buffer;
  readonly encode: () => void;
}

function limitOf<N extends FrameName>(
  limit: keyof typeof LIMITS,
  type: N,
  [within, beyond]: readonly [FrameHeaders[N], FrameHeaders[N]],
  [payload, payloadBeyond]: readonly [Buffer?, Buffer?] = [],
): LimitCase {
  return {
    limit,
    what: type,
    within: forge(type, within, payload),
    beyond: forge(type, beyond, payloadBeyond),
    encode: () => encodeFrame(type, beyond, payloadBeyond?.length),
  };
}

const HELLO = { agentVersion: '0.1.0', token: '', migrationId: '', sessionKey: '', lane: 0, heartbeatMs: 1000 };
const HELLO_ACK = { version: 2, agentVersion: '0.1.0', windowBytes: 0, heartbeatMs: 1000 };
const copiesOf = (count: number) => Array.from({ length: count }, () => ({ copy: 'c', held: Held.nothing }));
const ACCEPT = { sessionKey: 'k', lanes: 1, apiHost: '', apiPort: 1, apiScheme: '', copies: [], workload: '' };
const CHECK = { seq: 1, image: 0, offset: 0, length: LIMITS.extentBytes };
const RANGE = { seq: 1, image: 0, offset: 0, length: LIMITS.zeroRangeBytes };
const RESOLVE = { migrationId: 'm', names: ['a'], epochs: [1] };

const imagesOf = (count: number): ImageOffer[] =>
  Array.from({ length: count }, (_, index) => ({ ...DISK, name: `d${index}` }));
const offerOf = (...images: ImageOffer[]): FrameHeaders['Offer'] => ({ ...OFFER, images });
const letters = (count: number): string => 'n'.repeat(count);
const bytes = (count: number): Buffer => Buffer.alloc(count, 1);
const blocks = (count: number): number[] => Array.from({ length: count }, (_, index) => index);
const { extentBytes, payloadBytes, checkBlocks, resultBlocks, zeroRangeBytes, images, lanes } = LIMITS;
const { blockBytesMinimum, blockBytesMaximum, imageBytes, imageBlocks, textCharacters, tokenCharacters } = LIMITS;
const largest = { ...MEMORY, blockBytes: blockBytesMaximum, sizeBytes: imageBlocks * blockBytesMaximum };

export const LIMIT_CASES: readonly LimitCase[] = [
  limitOf(
    'extentBytes',
    'Extent',
    [
      { ...EXTENT, rawBytes: extentBytes },
      { ...EXTENT, rawBytes: extentBytes + 1 },
    ],
    [bytes(extentBytes), bytes(extentBytes + 1)],
  ),
  limitOf('extentBytes', 'Check', [CHECK, { ...CHECK, length: extentBytes + 1 }], [bytes(8), bytes(8)]),
  limitOf(
    'payloadBytes',
    'Extent',
    [
      { ...EXTENT, encoding: 2 },
      { ...EXTENT, encoding: 2 },
    ],
    [lz4Payload(16, payloadBytes), lz4Payload(16, payloadBytes + 1)],
  ),
  limitOf('checkBlocks', 'Check', [CHECK, CHECK], [bytes(checkBlocks * 8), bytes(checkBlocks * 8 + 8)]),
  limitOf('resultBlocks', 'CheckResult', [
    { seq: 1, blocks: blocks(resultBlocks) },
    { seq: 1, blocks: blocks(resultBlocks + 1) },
  ]),
  limitOf('zeroRangeBytes', 'Zero', [
    { ...RANGE, round: 1 },
    { ...RANGE, round: 1, length: zeroRangeBytes + 1 },
  ]),
  limitOf('zeroRangeBytes', 'CheckZero', [RANGE, { ...RANGE, length: zeroRangeBytes + 1 }]),
  limitOf('images', 'Offer', [offerOf(...imagesOf(images)), offerOf(...imagesOf(images + 1))]),
  limitOf(
    'images',
    'Extent',
    [
      { ...EXTENT, image: images - 1 },
      { ...EXTENT, image: images },
    ],
    [bytes(16), bytes(16)],
  ),
  limitOf('images', 'Commit', [
    { migrationId: 'm', epochs: blocks(images) },
    { migrationId: 'm', epochs: blocks(images + 1) },
  ]),
  limitOf('lanes', 'Offer', [
    { ...OFFER, lanes },
    { ...OFFER, lanes: lanes + 1 },
  ]),
  limitOf('images', 'Accept', [
    { ...ACCEPT, copies: copiesOf(images) },
    { ...ACCEPT, copies: copiesOf(images + 1) },
  ]),
  limitOf('patienceMs', 'Offer', [
    { ...OFFER, patienceMs: LIMITS.patienceMs },
    { ...OFFER, patienceMs: LIMITS.patienceMs + 1 },
  ]),
  limitOf('lanes', 'Accept', [
    { ...ACCEPT, lanes },
    { ...ACCEPT, lanes: lanes + 1 },
  ]),
  limitOf('lanes', 'Hello', [
    { ...HELLO, lane: lanes - 1 },
    { ...HELLO, lane: lanes },
  ]),
  limitOf('imageBytes', 'Zero', [
    { ...RANGE, round: 1, offset: imageBytes - 1, length: 1 },
    { ...RANGE, round: 1, offset: imageBytes - 1, length: 2 },
  ]),
  limitOf('imageBytes', 'Ack', [{ seq: imageBytes }, { seq: imageBytes + 1 }]),
  limitOf('imageBlocks', 'Offer', [offerOf(largest), offerOf({ ...largest, sizeBytes: largest.sizeBytes + 1 })]),
  limitOf('blockBytesMinimum', 'Offer', [
    offerOf({ ...DISK, blockBytes: blockBytesMinimum }),
    offerOf({ ...DISK, blockBytes: blockBytesMinimum / 2 }),
  ]),
  limitOf('blockBytesMaximum', 'Offer', [
    offerOf({ ...DISK, blockBytes: blockBytesMaximum }),
    offerOf({ ...DISK, blockBytes: blockBytesMaximum * 2 }),
  ]),
  limitOf('nameCharacters', 'Offer', [
    offerOf({ ...DISK, name: letters(LIMITS.nameCharacters) }),
    offerOf({ ...DISK, name: letters(LIMITS.nameCharacters + 1) }),
  ]),
  limitOf('nameCharacters', 'Resolve', [
    { ...RESOLVE, names: [letters(LIMITS.nameCharacters)] },
    { ...RESOLVE, names: [letters(LIMITS.nameCharacters + 1)] },
  ]),
  limitOf('textCharacters', 'Nack', [
    { seq: 1, code: letters(textCharacters) },
    { seq: 1, code: letters(textCharacters + 1) },
  ]),
  limitOf('tokenCharacters', 'Hello', [
    { ...HELLO, token: letters(tokenCharacters) },
    { ...HELLO, token: letters(tokenCharacters + 1) },
  ]),
  limitOf('documentCharacters', 'Survey', [
    { workload: 'vm', document: letters(LIMITS.documentCharacters) },
    { workload: 'vm', document: letters(LIMITS.documentCharacters + 1) },
  ]),
  limitOf('documentCharacters', 'Offer', [
    { ...OFFER, document: letters(LIMITS.documentCharacters) },
    { ...OFFER, document: letters(LIMITS.documentCharacters + 1) },
  ]),
  limitOf('documentCharacters', 'Findings', [
    { document: letters(LIMITS.documentCharacters) },
    { document: letters(LIMITS.documentCharacters + 1) },
  ]),
  limitOf('windowBytes', 'HelloAck', [
    { ...HELLO_ACK, windowBytes: LIMITS.windowBytes },
    { ...HELLO_ACK, windowBytes: LIMITS.windowBytes + 1 },
  ]),
];
