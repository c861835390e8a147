export { BlockMap, populationCount } from './blockMap.js';
export { HeldTurns } from './heldTurns.js';
export { defaultBlockBytes, type ImageHandle, type ImageKind, ImageMaps } from './imageMaps.js';
export { LiveImage, type LiveImageOptions, type WriteCounters } from './liveImage.js';
export { type ByteRange, RawFile, type ZeroKind } from './rawFile.js';
export { type NotDone, ThreadImage } from './threadImage.js';
export { Turns, takeInTurns } from './turns.js';
export type { BlockRange } from './unprovenHoles.js';
export { GateState, type GateStateName, WriteGate } from './writeGate.js';
