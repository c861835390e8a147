export {
  duplicate,
  hasNative,
  lockExclusively,
  nextData,
  nextHole,
  punchHole,
  SystemCallError,
  seekEnd,
} from './libc.js';
