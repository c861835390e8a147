import { destinationAnswers } from './destinationAnswers.js';
import type { FuzzTarget } from './fuzzTarget.js';
import { requests } from './requests.js';
import { sourceSequences } from './sourceSequences.js';
import { STATE_TARGETS } from './stateFiles.js';
import { STREAM_TARGETS } from './streams.js';

export const TARGETS: readonly FuzzTarget[] = [
  ...STREAM_TARGETS,
  ...STATE_TARGETS,
  requests,
  sourceSequences,
  destinationAnswers,
];
