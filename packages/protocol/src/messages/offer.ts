import { godwit } from '../../generated/messages.js';
import { choice, count, distinct, imageName, list, oneOf, type Problem, text, uint32, within } from '../checks.js';
import { Held } from '../frameType.js';
import type { HeldCopy, ImageOffer } from '../headers.js';
import { LIMITS } from '../limits.js';
import type { Message } from '../message.js';

const KINDS = ['disk', 'memory'] as const;
const MODES = ['live', 'cold'] as const;
const VERIFY = ['full', 'wire'] as const;
const PORT_MAXIMUM = 65_535;

export const Offer: Message<'Offer'> = {
  encode: (header, writer) => godwit.Offer.encode({ ...header, images: [...header.images] }, writer),
  decode(reader, headerBytes) {
    const offer = godwit.Offer.decode(reader, headerBytes);
    const { migrationId, images, mode, verify, lanes, sourceId, attempt, patienceMs, seed, workload, document } = offer;
    return {
      migrationId,
      images: images.map(imageOf),
      mode: choice('mode', mode, MODES),
      verify: choice('verify', verify, VERIFY),
      lanes,
      sourceId,
      attempt,
      patienceMs,
      seed,
      workload,
      document,
    };
  },
  problem: (header) =>
    text('migrationId', header.migrationId) ??
    list('images', header.images, [1, LIMITS.images], problemOfImage) ??
    distinct(
      'images',
      header.images.map((image) => image.name),
    ) ??
    oneOf('mode', header.mode, MODES) ??
    oneOf('verify', header.verify, VERIFY) ??
    within('lanes', header.lanes, 1, LIMITS.lanes) ??
    text('sourceId', header.sourceId) ??
    uint32('attempt', header.attempt) ??
    within('patienceMs', header.patienceMs, 0, LIMITS.patienceMs) ??
    problemOfWorkload(header),
};

export const Survey: Message<'Survey'> = {
  encode: (header, writer) => godwit.Survey.encode(header, writer),
  decode(reader, headerBytes) {
    const { workload, document } = godwit.Survey.decode(reader, headerBytes);
    return { workload, document };
  },
  problem: (header) => problemOfWorkload(header),
};

export const Findings: Message<'Findings'> = {
  encode: (header, writer) => godwit.Findings.encode(header, writer),
  decode: (reader, headerBytes) => ({ document: godwit.Findings.decode(reader, headerBytes).document }),
  problem: (header) => text('document', header.document, LIMITS.documentCharacters),
};

function problemOfWorkload(header: { workload: string; document: string }): Problem {
  return text('workload', header.workload) ?? text('document', header.document, LIMITS.documentCharacters);
}

function imageOf(image: godwit.ImageOffer.$Properties): ImageOffer {
  return {
    name: image.name ?? '',
    kind: choice('kind', image.kind ?? '', KINDS),
    sizeBytes: image.sizeBytes ?? 0,
    blockBytes: image.blockBytes ?? 0,
    allocatedBytes: image.allocatedBytes ?? 0,
    epoch: image.epoch ?? 0,
  };
}

function problemOfImage(field: string, image: ImageOffer): Problem {
  return (
    imageName(`${field}.name`, image.name) ??
    oneOf(`${field}.kind`, image.kind, KINDS) ??
    within(`${field}.sizeBytes`, image.sizeBytes, 0, LIMITS.imageBytes) ??
    within(`${field}.blockBytes`, image.blockBytes, LIMITS.blockBytesMinimum, LIMITS.blockBytesMaximum) ??
    ((image.blockBytes & (image.blockBytes - 1)) === 0
      ? undefined
      : `${field}.blockBytes ${image.blockBytes} is no power of two`) ??
    (Math.ceil(image.sizeBytes / image.blockBytes) <= LIMITS.imageBlocks
      ? undefined
      : `${field}: ${image.sizeBytes} bytes in blocks of ${image.blockBytes} are more than ${LIMITS.imageBlocks} blocks`) ??
    count(`${field}.allocatedBytes`, image.allocatedBytes) ??
    count(`${field}.epoch`, image.epoch)
  );
}

export const Accept: Message<'Accept'> = {
  encode: (header, writer) => godwit.Accept.encode({ ...header, copies: [...header.copies] }, writer),
  decode(reader, headerBytes) {
    const accept = godwit.Accept.decode(reader, headerBytes);
    const { sessionKey, lanes, apiHost, apiPort, apiScheme, copies, workload } = accept;
    return { sessionKey, lanes, apiHost, apiPort, apiScheme, copies: copies.map(copyOf), workload };
  },
  problem: (header) =>
    text('sessionKey', header.sessionKey) ??
    within('lanes', header.lanes, 1, LIMITS.lanes) ??
    problemOfAddress(header) ??
    list('copies', header.copies, [0, LIMITS.images], problemOfCopy) ??
    text('workload', header.workload),
};

function copyOf({ copy, held }: godwit.HeldCopy.$Properties): HeldCopy {
  return { copy: copy ?? '', held: held ?? 0 };
}

function problemOfCopy(field: string, { copy, held }: HeldCopy): Problem {
  return text(`${field}.copy`, copy) ?? within(`${field}.held`, held, Held.nothing, Held.survived);
}

/** Where the image will be served; also in Outcome. */
export function problemOfAddress(header: { apiHost: string; apiPort: number; apiScheme: string }): Problem {
  return (
    text('apiHost', header.apiHost) ??
    within('apiPort', header.apiPort, 0, PORT_MAXIMUM) ??
    text('apiScheme', header.apiScheme)
  );
}
