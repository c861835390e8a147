import { godwit } from '../../generated/messages.js';
import { count, finite, text, uint32 } from '../checks.js';
import type { Message } from '../message.js';

export const Progress: Message<'Progress'> = {
  encode: (header, writer) => godwit.Progress.encode(header, writer),
  decode(reader, headerBytes) {
    const message = godwit.Progress.decode(reader, headerBytes);
    const { state, phase, total, transferred, remaining, duplicate, normal, wireBytes, resent } = message;
    const { percent, etaMs, mbps, dirtyBytesPerSec, expectedDowntimeMs } = message;
    const bytes = { total, transferred, remaining, duplicate, normal, wireBytes, resent };
    return { state, phase, ...bytes, percent, etaMs, mbps, dirtyBytesPerSec, expectedDowntimeMs };
  },
  problem: (header) =>
    text('state', header.state) ??
    text('phase', header.phase) ??
    count('total', header.total) ??
    count('transferred', header.transferred) ??
    count('remaining', header.remaining) ??
    count('duplicate', header.duplicate) ??
    count('normal', header.normal) ??
    count('wireBytes', header.wireBytes) ??
    count('resent', header.resent) ??
    finite('percent', header.percent) ??
    finite('etaMs', header.etaMs) ??
    finite('mbps', header.mbps) ??
    finite('dirtyBytesPerSec', header.dirtyBytesPerSec) ??
    finite('expectedDowntimeMs', header.expectedDowntimeMs),
};

export const RoundEnd: Message<'RoundEnd'> = {
  encode: (header, writer) => godwit.RoundEnd.encode(header, writer),
  decode(reader, headerBytes) {
    const message = godwit.RoundEnd.decode(reader, headerBytes);
    const { round, blocks, bytes, zeroBytes, wireBytes, durationMs, dirtiedBytes, mbps } = message;
    return { round, blocks, bytes, zeroBytes, wireBytes, durationMs, dirtiedBytes, mbps };
  },
  problem: (header) =>
    uint32('round', header.round) ??
    count('blocks', header.blocks) ??
    count('bytes', header.bytes) ??
    count('zeroBytes', header.zeroBytes) ??
    count('wireBytes', header.wireBytes) ??
    finite('durationMs', header.durationMs) ??
    count('dirtiedBytes', header.dirtiedBytes) ??
    finite('mbps', header.mbps),
};

export const RoundSynced: Message<'RoundSynced'> = {
  encode: (header, writer) => godwit.RoundSynced.encode(header, writer),
  decode(reader, headerBytes) {
    const { round, durationMs } = godwit.RoundSynced.decode(reader, headerBytes);
    return { round, durationMs };
  },
  problem: (header) => uint32('round', header.round) ?? finite('durationMs', header.durationMs),
};
