/** Frames for tests: at least one of every kind, with every field set, and some with all at zero. */
import { encodeFrame } from '../encodeFrame.js';
import { type FrameName, Held } from '../frameType.js';
import type { FrameHeaders, ImageOffer } from '../headers.js';

export interface Sample {
  /** Key in golden/frames.json. */
  readonly name: string;
  readonly type: FrameName;
  readonly header: FrameHeaders[FrameName];
  readonly payload: Buffer;
}

function sample<N extends FrameName>(type: N, header: FrameHeaders[N], payload?: Buffer, suffix: string = ''): Sample {
  return { name: type + suffix, type, header, payload: payload ?? Buffer.alloc(0) };
}

/** The bytes of a sample on the wire, payload included. */
export function wireBytesOf({ type, header, payload }: Omit<Sample, 'name'>): Buffer {
  return Buffer.concat([encodeFrame(type, header, payload.length), payload]);
}

/** An lz4 block that claims `rawBytes`; what follows is no lz4, which the codec does not read. */
export function lz4Payload(rawBytes: number, payloadBytes: number): Buffer {
  const payload = Buffer.alloc(payloadBytes, 0x5a);
  payload.writeUInt32LE(rawBytes, 0);
  return payload;
}

export const DISK: ImageOffer = {
  name: 'vm_disk-1',
  kind: 'disk',
  sizeBytes: 10 * 2 ** 30,
  blockBytes: 65_536,
  allocatedBytes: 3 * 2 ** 30,
  epoch: 7,
};
export const MEMORY: ImageOffer = {
  name: 'RAM',
  kind: 'memory',
  sizeBytes: 2 ** 31,
  blockBytes: 4096,
  allocatedBytes: 2 ** 31,
  epoch: 1,
};
export const OFFER: FrameHeaders['Offer'] = {
  migrationId: 'm-0001',
  images: [DISK, MEMORY],
  mode: 'live',
  verify: 'full',
  lanes: 4,
  sourceId: 's-id',
  attempt: 2,
  patienceMs: 600_000,
  seed: true,
  workload: 'vm',
  document: '{"name":"guest"}',
};
export const EXTENT: FrameHeaders['Extent'] = {
  seq: 9,
  round: 3,
  image: 1,
  offset: 5 * 2 ** 30,
  rawBytes: 16,
  encoding: 1,
  hashLow: 0xdeadbeef,
  hashHigh: 0x80000001,
};

const SIXTEEN = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
const DIGESTS = Buffer.from('efbeadde01000080ffffffffffffffff', 'hex');
const SERVED = { apiHost: 'dest.example', apiPort: 8441, apiScheme: 'https' };
const AGENT = { agentVersion: '0.1.0', migrationId: 'm-0001', sessionKey: 'k-key' };
const TRANSFERRED = { total: 1e10, transferred: 4e9, remaining: 6e9, duplicate: 100, normal: 200, wireBytes: 3e9 };
const PROGRESS = { state: 'active', phase: 'rounds', ...TRANSFERRED, resent: 4096 };
const RATES = { percent: 39.5, etaMs: -1, mbps: 812.25, dirtyBytesPerSec: 1234.5, expectedDowntimeMs: -1 };
const ROUND = { round: 2, blocks: 1024, bytes: 2 ** 26, zeroBytes: 2 ** 20, wireBytes: 2 ** 25 };
const TIMES = { totalMs: 48.5, drainMs: 2, finalRoundMs: 20.25, verifyMs: 10, persistMs: 6.5, takeoverMs: 9.75 };

export const SAMPLES: readonly Sample[] = [
  sample('Hello', { ...AGENT, token: 'sesame-sesame-sesame', lane: 3, heartbeatMs: 1000 }),
  sample(
    'Hello',
    { agentVersion: '', token: '', migrationId: '', sessionKey: '', lane: 0, heartbeatMs: 0 },
    undefined,
    ' empty',
  ),
  sample('HelloAck', { version: 2, agentVersion: '0.1.0', windowBytes: 2 ** 24, heartbeatMs: 1000 }),
  sample('Failure', { code: 'E_NO_ROOM', message: 'voller Datenträger 🪿', detail: 'ENOSPC' }),
  sample('Heartbeat', { sentAtMs: 1.7e12, echoMs: 0.125 }),
  sample('Offer', OFFER),
  sample('Accept', {
    sessionKey: 'k-key',
    lanes: 4,
    ...SERVED,
    copies: [
      { copy: 'c-1', held: Held.acknowledged },
      { copy: 'c-2', held: Held.nothing },
    ],
    workload: 'vm',
  }),
  sample('Progress', { ...PROGRESS, ...RATES }),
  sample('RoundEnd', { ...ROUND, durationMs: 512.5, dirtiedBytes: 2 ** 22, mbps: 1048.5 }),
  sample('RoundSynced', { round: 2, durationMs: 31.5 }),
  sample('Prepare', { verifiedBlocks: 163_840, verifiedBytes: 10 * 2 ** 30, mismatches: 1 }),
  sample('Prepared', { durationMs: 4.75 }),
  sample('Commit', { migrationId: 'm-0001', epochs: [8, 2] }),
  sample('Taken', { durationMs: 3.25, epochs: [8, 2] }),
  sample('Released', TIMES),
  sample('HookResult', { hook: 'before-freeze', error: 'exit code 1' }),
  sample('Cancel', { code: 'E_CANCELLED', reason: 'by the operator' }),
  sample('Cancelled', {}),
  sample('Resolve', { migrationId: 'm-0001', names: ['vm_disk-1', 'RAM'], epochs: [8, 2] }),
  sample('Outcome', { state: 'owner', epochs: [8, 2], ...SERVED }),
  sample('Survey', { workload: 'vm', document: '{"name":"guest"}' }),
  sample('Findings', { document: '[]' }),
  sample('Extent', EXTENT, SIXTEEN),
  sample('Extent', { ...EXTENT, rawBytes: 2 ** 20, encoding: 2 }, lz4Payload(2 ** 20, 9), ' lz4'),
  sample('Zero', { seq: 10, round: 3, image: 0, offset: 2 ** 40, length: 2 ** 40 }),
  sample('Check', { seq: 11, image: 1, offset: 65_536, length: 131_072 }, DIGESTS),
  sample('Check', { seq: 13, image: 1, offset: 65_536, length: 131_072, background: true }, DIGESTS, ' of a scrub'),
  sample('CheckZero', { seq: 12, image: 0, offset: 2 ** 52, length: 4096 }),
  sample('Ack', { seq: 12 }),
  sample('Ack', { seq: 2 ** 53 - 1 }, undefined, ' largest'),
  sample('Nack', { seq: 9, code: 'E_PROTOCOL' }),
  sample('CheckResult', { seq: 11, blocks: [0, 1, 300] }),
];
