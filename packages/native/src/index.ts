export { duplicate, hasNative, nextData, nextHole, punchHole, SystemCallError, seekEnd } from './libc.js';
