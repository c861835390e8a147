export { type ContentHash, contentHash } from './contentHash.js';
export { encodeFrame } from './encodeFrame.js';
export { FRAME_HEAD_BYTES, type Frame } from './frame.js';
export { FrameParser, type FrameParserOptions } from './frameParser.js';
export {
  Encoding,
  FIRST_SECURE_VERSION,
  type FrameName,
  FrameType,
  Held,
  OLDEST_VERSION,
  PROTOCOL_MAGIC,
  PROTOCOL_VERSION,
  Role,
  type RoleName,
} from './frameType.js';
export type { FrameHeaders, HeldCopy, ImageOffer } from './headers.js';
export { LIMITS } from './limits.js';
export { encodePreamble, PREAMBLE_BYTES, parsePreamble } from './preamble.js';
