export { receiveDescriptor, socketPair } from './descriptors.js';
export { allocate, lockExclusively, nextData, nextHole, punchHole, seekEnd, zeroRange } from './files.js';
export { hasNative, SystemCallError } from './libc.js';
export { cachedBytes, dropCached, startReading, startWriteBack, writeBack } from './pageCache.js';
export { inBackground, ioPriority } from './priority.js';
export {
  closeDescriptor,
  duplicate,
  peerHasLeft,
  receiveSome,
  type SocketEvents,
  sendSome,
  shutDownSocket,
  waitForSocket,
} from './sockets.js';
