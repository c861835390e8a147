import { godwit } from '../../generated/messages.js';
import { count, list, type Problem, range, text, uint32, within } from '../checks.js';
import { Encoding } from '../frameType.js';
import type { FrameHeaders } from '../headers.js';
import { LIMITS } from '../limits.js';
import type { Message } from '../message.js';

/** lz4-napi's size prefix: a u32 in front of the block. */
const LZ4_PREFIX_BYTES = 4;
const DIGEST_BYTES = 8;

export const Extent: Message<'Extent'> = {
  encode: (header, writer) => godwit.Extent.encode(header, writer),
  decode(reader, headerBytes) {
    const message = godwit.Extent.decode(reader, headerBytes);
    const { seq, round, image, offset, rawBytes, encoding, hashLow, hashHigh } = message;
    return { seq, round, image, offset, rawBytes, encoding, hashLow, hashHigh };
  },
  problem: (header, payloadBytes) =>
    count('seq', header.seq) ??
    uint32('round', header.round) ??
    imageIndex(header.image) ??
    range(header.offset, header.rawBytes, LIMITS.extentBytes) ??
    uint32('hashLow', header.hashLow) ??
    uint32('hashHigh', header.hashHigh) ??
    problemOfPayload(header, payloadBytes),
};

function problemOfPayload(header: FrameHeaders['Extent'], payloadBytes: number): Problem {
  if (header.encoding === Encoding.raw) {
    return payloadBytes === header.rawBytes
      ? undefined
      : `a raw payload of ${payloadBytes} bytes for ${header.rawBytes}`;
  }
  if (header.encoding !== Encoding.lz4) return `encoding ${header.encoding} is unknown`;
  return within('the lz4 payload', payloadBytes, LZ4_PREFIX_BYTES + 1, LIMITS.payloadBytes);
}

export const Zero: Message<'Zero'> = {
  encode: (header, writer) => godwit.Zero.encode(header, writer),
  decode(reader, headerBytes) {
    const { seq, round, image, offset, length } = godwit.Zero.decode(reader, headerBytes);
    return { seq, round, image, offset, length };
  },
  problem: (header) =>
    count('seq', header.seq) ??
    uint32('round', header.round) ??
    imageIndex(header.image) ??
    range(header.offset, header.length, LIMITS.zeroRangeBytes),
};

export const Check: Message<'Check'> = {
  encode: (header, writer) => godwit.Check.encode(header, writer),
  decode(reader, headerBytes) {
    const { seq, image, offset, length, background } = godwit.Check.decode(reader, headerBytes);
    return { seq, image, offset, length, ...(background ? { background } : {}) };
  },
  problem: (header, payloadBytes) =>
    count('seq', header.seq) ??
    imageIndex(header.image) ??
    range(header.offset, header.length, LIMITS.extentBytes) ??
    within('the number of digests', payloadBytes / DIGEST_BYTES, 1, LIMITS.checkBlocks),
};

export const CheckZero: Message<'CheckZero'> = {
  encode: (header, writer) => godwit.CheckZero.encode(header, writer),
  decode(reader, headerBytes) {
    const { seq, image, offset, length } = godwit.CheckZero.decode(reader, headerBytes);
    return { seq, image, offset, length };
  },
  problem: (header) =>
    count('seq', header.seq) ?? imageIndex(header.image) ?? range(header.offset, header.length, LIMITS.zeroRangeBytes),
};

export const Ack: Message<'Ack'> = {
  encode: (header, writer) => godwit.Ack.encode(header, writer),
  decode(reader, headerBytes) {
    const { seq } = godwit.Ack.decode(reader, headerBytes);
    return { seq };
  },
  problem: (header) => count('seq', header.seq),
};

export const Nack: Message<'Nack'> = {
  encode: (header, writer) => godwit.Nack.encode(header, writer),
  decode(reader, headerBytes) {
    const { seq, code } = godwit.Nack.decode(reader, headerBytes);
    return { seq, code };
  },
  problem: (header) => count('seq', header.seq) ?? text('code', header.code),
};

export const CheckResult: Message<'CheckResult'> = {
  encode: (header, writer) => godwit.CheckResult.encode({ seq: header.seq, blocks: [...header.blocks] }, writer),
  decode(reader, headerBytes) {
    const { seq, blocks } = godwit.CheckResult.decode(reader, headerBytes);
    return { seq, blocks };
  },
  problem: (header) => count('seq', header.seq) ?? list('blocks', header.blocks, [1, LIMITS.resultBlocks], uint32),
};

function imageIndex(image: number): Problem {
  return within('image', image, 0, LIMITS.images - 1);
}
