import { godwit } from '../../generated/messages.js';
import { count, distinct, finite, imageName, list, type Problem, text } from '../checks.js';
import { LIMITS } from '../limits.js';
import type { Message } from '../message.js';
import { problemOfAddress } from './offer.js';

export const Prepare: Message<'Prepare'> = {
  encode: (header, writer) => godwit.Prepare.encode(header, writer),
  decode(reader, headerBytes) {
    const { verifiedBlocks, verifiedBytes, mismatches } = godwit.Prepare.decode(reader, headerBytes);
    return { verifiedBlocks, verifiedBytes, mismatches };
  },
  problem: (header) =>
    count('verifiedBlocks', header.verifiedBlocks) ??
    count('verifiedBytes', header.verifiedBytes) ??
    count('mismatches', header.mismatches),
};

export const Prepared: Message<'Prepared'> = {
  encode: (header, writer) => godwit.Prepared.encode(header, writer),
  decode(reader, headerBytes) {
    const { durationMs } = godwit.Prepared.decode(reader, headerBytes);
    return { durationMs };
  },
  problem: (header) => finite('durationMs', header.durationMs),
};

export const Commit: Message<'Commit'> = {
  encode: (header, writer) => godwit.Commit.encode({ ...header, epochs: [...header.epochs] }, writer),
  decode(reader, headerBytes) {
    const { migrationId, epochs } = godwit.Commit.decode(reader, headerBytes);
    return { migrationId, epochs };
  },
  problem: (header) => text('migrationId', header.migrationId) ?? problemOfEpochs(header.epochs),
};

export const Taken: Message<'Taken'> = {
  encode: (header, writer) => godwit.Taken.encode({ ...header, epochs: [...header.epochs] }, writer),
  decode(reader, headerBytes) {
    const { durationMs, epochs } = godwit.Taken.decode(reader, headerBytes);
    return { durationMs, epochs };
  },
  problem: (header) => finite('durationMs', header.durationMs) ?? problemOfEpochs(header.epochs),
};

export const Released: Message<'Released'> = {
  encode: (header, writer) => godwit.Released.encode(header, writer),
  decode(reader, headerBytes) {
    const message = godwit.Released.decode(reader, headerBytes);
    const { totalMs, drainMs, finalRoundMs, verifyMs, persistMs, takeoverMs } = message;
    return { totalMs, drainMs, finalRoundMs, verifyMs, persistMs, takeoverMs };
  },
  problem: (header) =>
    finite('totalMs', header.totalMs) ??
    finite('drainMs', header.drainMs) ??
    finite('finalRoundMs', header.finalRoundMs) ??
    finite('verifyMs', header.verifyMs) ??
    finite('persistMs', header.persistMs) ??
    finite('takeoverMs', header.takeoverMs),
};

export const Resolve: Message<'Resolve'> = {
  encode: (header, writer) =>
    godwit.Resolve.encode({ ...header, names: [...header.names], epochs: [...header.epochs] }, writer),
  decode(reader, headerBytes) {
    const { migrationId, names, epochs } = godwit.Resolve.decode(reader, headerBytes);
    return { migrationId, names, epochs };
  },
  problem: (header) =>
    text('migrationId', header.migrationId) ??
    list('names', header.names, [1, LIMITS.images], imageName) ??
    distinct('names', header.names) ??
    list('epochs', header.epochs, [header.names.length, header.names.length], count),
};

export const Outcome: Message<'Outcome'> = {
  encode: (header, writer) => godwit.Outcome.encode({ ...header, epochs: [...header.epochs] }, writer),
  decode(reader, headerBytes) {
    const { state, epochs, apiHost, apiPort, apiScheme } = godwit.Outcome.decode(reader, headerBytes);
    return { state, epochs, apiHost, apiPort, apiScheme };
  },
  problem: (header) => text('state', header.state) ?? problemOfEpochs(header.epochs) ?? problemOfAddress(header),
};

/** Whether there is one for each image only the agents know. */
function problemOfEpochs(epochs: readonly number[]): Problem {
  return list('epochs', epochs, [0, LIMITS.images], count);
}
