import { forge } from '../../../packages/protocol/dist/testing/forge.js';
import { SAMPLES, wireBytesOf } from '../../../packages/protocol/dist/testing/samples.js';

/** Frames of each kind as they are sent, and without a check, which would keep a damaged one from being looked at. */
export const ANY_FRAMES = [
  ...SAMPLES.map(wireBytesOf),
  ...SAMPLES.map(({ type, header, payload }) => forge(type, header, payload)),
];
