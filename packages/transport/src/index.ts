export { ControlChannel } from './controlChannel.js';
export { connectOptions, type Dialled, type DialOptions, dialControl, explainDial } from './dial.js';
export { FrameSocket, type FrameSocketOptions, isReported, peerFailure } from './frameSocket.js';
export { type HeldDescriptor, heldDescriptorOf } from './heldDescriptor.js';
export type { Greeted } from './helloReader.js';
export { Listener, type ListenerOptions, turnAway } from './listener.js';
export { RateLimiter, type RateLimiterHandle } from './rateLimiter.js';
export { endThread, leaveWhenAsked, startedWith } from './thread.js';
export { ThreadStock } from './threadStock.js';
