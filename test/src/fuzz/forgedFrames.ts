import { forge } from '../../../packages/protocol/dist/testing/forge.js';
import { SAMPLES } from '../../../packages/protocol/dist/testing/samples.js';

/** One frame of each kind without a check, which would keep a damaged one from being looked at. */
export const FORGED_FRAMES = SAMPLES.map(({ type, header, payload }) => forge(type, header, payload));
