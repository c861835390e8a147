import { godwit } from '../../generated/messages.js';
import { choice, count, distinct, imageName, list, oneOf, type Problem, text, within } from '../checks.js';
import type { ImageOffer } from '../headers.js';
import { LIMITS } from '../limits.js';
import type { Message } from '../message.js';

const KINDS = ['disk', 'memory'] as const;
const MODES = ['live', 'cold'] as const;
const VERIFY = ['full', 'wire'] as const;
const PORT_MAXIMUM = 65_535;

export const Offer: Message<'Offer'> = {
  encode: (header, writer) => godwit.Offer.encode({ ...header, images: [...header.images] }, writer),
  decode(reader, headerBytes) {
    const { migrationId, images, mode, verify, lanes, sourceId } = godwit.Offer.decode(reader, headerBytes);
    return {
      migrationId,
      images: images.map(imageOf),
      mode: choice('mode', mode, MODES),
      verify: choice('verify', verify, VERIFY),
      lanes,
      sourceId,
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
    text('sourceId', header.sourceId),
};

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
  encode: (header, writer) => godwit.Accept.encode(header, writer),
  decode(reader, headerBytes) {
    const { sessionKey, lanes, apiHost, apiPort, apiScheme } = godwit.Accept.decode(reader, headerBytes);
    return { sessionKey, lanes, apiHost, apiPort, apiScheme };
  },
  problem: (header) =>
    text('sessionKey', header.sessionKey) ?? within('lanes', header.lanes, 1, LIMITS.lanes) ?? problemOfAddress(header),
};

/** Where the image will be served; also in Outcome. */
export function problemOfAddress(header: { apiHost: string; apiPort: number; apiScheme: string }): Problem {
  return (
    text('apiHost', header.apiHost) ??
    within('apiPort', header.apiPort, 0, PORT_MAXIMUM) ??
    text('apiScheme', header.apiScheme)
  );
}
