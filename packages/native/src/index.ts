export { lockExclusively, nextData, nextHole, punchHole, seekEnd, zeroRange } from './files.js';
export { hasNative, SystemCallError } from './libc.js';
export { duplicate, peerHasLeft } from './sockets.js';
