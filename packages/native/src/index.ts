export {
  duplicate,
  hasNative,
  lockExclusively,
  nextData,
  nextHole,
  peerHasLeft,
  punchHole,
  SystemCallError,
  seekEnd,
  zeroRange,
} from './libc.js';
